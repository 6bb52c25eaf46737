"""Every word that people read in the chat."""
