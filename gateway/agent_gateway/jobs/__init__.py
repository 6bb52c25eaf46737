"""Work on whole histories, in slices beside the inbox: nobody's message waits for it."""
