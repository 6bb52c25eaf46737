"""Tool servers (MCP) over the gateway: which tools there are is decided here, and the key is put on here."""
