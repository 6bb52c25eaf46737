"""Traces of messages: from the steps of their way to spans."""
