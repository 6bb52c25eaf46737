"""What people with rights in the cluster read of conversations, and say in them, by `kubectl openclaw`.

The port is reached through the API server alone (`services/proxy`), which checks their rights and keeps their own
credentials to itself; who they are is shown by a token of one of two ServiceAccounts that nothing else is done with.
"""
