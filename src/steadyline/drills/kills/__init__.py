"""`steadyline drill kills`: services killed and frozen in a real call, measured in what the caller heard."""
