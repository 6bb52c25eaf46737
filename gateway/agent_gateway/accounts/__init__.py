"""Who people are elsewhere: the names that commits bear, and accounts that a person linked."""
