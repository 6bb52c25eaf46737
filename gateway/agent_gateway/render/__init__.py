"""Markdown as messages of Telegram: pure."""
