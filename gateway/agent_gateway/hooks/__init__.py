"""Doors for events: what others bring to `POST /hooks/<name>` becomes a turn of a conversation, once."""
