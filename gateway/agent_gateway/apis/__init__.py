"""Package registries and other HTTP services that agents reach, with the key put on outside."""
