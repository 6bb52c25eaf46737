"""Attacks from an agent's own pod on the real cluster: what holds, and what does not."""
