"""Prompts that conversations are asked at times of their own: AgentSchedules."""
