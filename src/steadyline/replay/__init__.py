"""Replay: the caller's side of a recorded call through the present code, in virtual time; what differs is told."""
