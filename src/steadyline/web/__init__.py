"""What the processes with a page have in common."""
