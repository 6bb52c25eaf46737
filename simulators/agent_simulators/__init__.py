"""Stand-ins for the two clouds: Telegram's Bot API and a model provider."""
