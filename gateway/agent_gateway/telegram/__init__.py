"""The chat: updates in, views and finals out."""
