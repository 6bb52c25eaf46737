"""`kubectl openclaw`: agents' conversations in a terminal, through the API server alone and with the user's own rights."""
