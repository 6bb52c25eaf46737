"""Traces as gateway and operator make them: spans whose ids follow from what is stored, and their way to a collector."""
