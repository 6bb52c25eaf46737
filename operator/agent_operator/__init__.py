"""Turn AgentThreads into Jobs and write their status."""
