"""Chaos: people talk to the whole system while its parts are killed, and a checker reads afterwards what is left."""
