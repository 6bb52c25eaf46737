"""What became of the files of a conversation: read from kept states, or asked of its pod, and told in the chat."""
