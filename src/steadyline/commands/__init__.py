"""What the commands do once their arguments are read: one file a command."""
