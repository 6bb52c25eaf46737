"""Sub-agents: who may have one, and what each needs next."""
