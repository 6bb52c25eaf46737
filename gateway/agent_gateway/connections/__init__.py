"""The way to repositories: git from a pod, the key put on here, no push unread."""
