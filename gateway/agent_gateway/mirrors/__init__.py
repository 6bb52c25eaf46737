"""Large repositories kept warm: the history of their default branches, as bundles that a clone begins with."""
