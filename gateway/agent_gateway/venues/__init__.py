"""Venues: topics that close, open and go, groups that move, and what follows for their conversations."""
