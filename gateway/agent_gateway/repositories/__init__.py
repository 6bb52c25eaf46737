"""Which repositories a conversation works with: chosen, narrowed, listed, and brought into its workspace."""
