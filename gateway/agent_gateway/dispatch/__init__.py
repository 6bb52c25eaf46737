"""From an update to a turn, and from a turn to a run that takes it."""
