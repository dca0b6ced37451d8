"""Sound as numbers: pure, synchronous functions over numpy arrays; no clock, no socket, no thread.

Positions in the caller's audio are *sample indices*: ticks of 16 kHz since the call began, whatever the line's rate.
"""
