"""Updates: taken durably, in order, each made into a prompt, a command or a change of a venue."""
