"""The console in the browser: a process of its own that asks the others and reads the journal; no call needs it."""
