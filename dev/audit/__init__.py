"""What is known of the packages that are locked and pinned, what is in each image, and what each account may do."""
