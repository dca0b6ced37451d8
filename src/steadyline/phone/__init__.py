"""The test caller: a telephone that says audio files, records both directions on one clock and measures the waits."""
