"""The flight recorder: what passed in a call, in one append-only file per process and call; read back, kept within bounds."""
