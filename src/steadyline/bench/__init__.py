"""What `steadyline bench` measures on the machine that it runs on."""
