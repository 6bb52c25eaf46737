"""From an update as Telegram sends it to what it says: pure."""
