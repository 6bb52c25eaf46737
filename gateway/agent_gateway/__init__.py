"""Carry messages between Telegram, Postgres and the runners."""
