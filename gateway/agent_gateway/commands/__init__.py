"""What the commands and buttons of the chat do: one table, a module for each group of them."""
