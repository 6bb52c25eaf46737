"""First process of an agent pod: start pi, feed it, stream what it says."""
