"""Model calls: the pod's token is taken off, the real key put on, tokens are counted."""
