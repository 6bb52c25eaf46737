"""The custom resources as the gateway reads and writes them."""
