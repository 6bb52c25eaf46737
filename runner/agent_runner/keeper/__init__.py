"""A process of its own, of low priority, that reads what changed in a workspace, or writes it anew: `python -m` it.

It has no connection and no token: what it packs, and what it is to unpack, goes through its pipes. The standard library
alone, as it is started after each turn.
"""
