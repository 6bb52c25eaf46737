"""Thousands of AgentThreads on a cluster whose nodes are played: what operator and gateway cost, and how long people wait."""
