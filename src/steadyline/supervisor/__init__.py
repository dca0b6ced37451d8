"""`steadyline up`: starts the services, restarts what dies, stops all of it cleanly."""
