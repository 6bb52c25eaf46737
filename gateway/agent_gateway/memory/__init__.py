"""What is remembered of a conversation: search over what was said, and notes that last."""
