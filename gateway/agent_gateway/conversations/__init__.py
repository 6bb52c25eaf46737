"""Conversations: what each needs next, decided from a snapshot and applied, one worker a conversation."""
