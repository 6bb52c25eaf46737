"""Speech becomes text, before anything is asked."""
