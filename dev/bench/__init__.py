"""The latency benchmark: `python -m dev.bench [-n N]`."""
