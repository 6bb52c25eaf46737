"""Developer commands: cluster, images, demo, benchmark."""
