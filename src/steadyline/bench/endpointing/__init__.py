"""How well the end of a turn is told: recordings through speech detection, Whisper and the turn policy, in sample time."""
