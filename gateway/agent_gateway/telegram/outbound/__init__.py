"""From what shall stand in a chat to calls of the Bot API."""
