"""What is older than the rule of its class goes, slice by slice, beside everything else."""
