"""How many calls this machine takes: more and more callers who talk and listen, until somebody waits too long or sounds bad."""
