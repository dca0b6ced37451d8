"""`steadyline drill soak`: many calls with random kills, then everything that could leak is compared with the start."""
