"""How fast a call's voice renders, learned from what it has rendered: what the model's timing goes by."""

CHARACTER_S = 0.05
"""A clause sounds at least so long for each character: Piper and Kokoro take 0.055 to 0.075 s."""
SLOWEST_FADES = 0.7
"""Of the slowest rendering that was seen so much is still expected after another one."""
SHORT_END_CHARACTERS = 16
"""The end of a short answer, such as "is Paris."."""
WRITING_S = 0.3
"""More than the model takes to go on after a rest, and write that."""


class VoicePace:
    """One call's; nothing was rendered yet, or the voice needs no time."""

    def __init__(self) -> None:
        self._s_per_character = 0.0

    def __repr__(self) -> str:
        return f"<VoicePace {self._s_per_character * 1000:.1f} ms a character>"

    def rendered(self, text: str, took_s: float) -> None:
        """The voice had `text` for so long, seconds, from being given it to having rendered it."""
        self._s_per_character = max(took_s / max(1, len(text)), SLOWEST_FADES * self._s_per_character)

    def expected_s(self, characters: int) -> float:
        """How long the voice will take for a clause of so many characters, seconds."""
        return self._s_per_character * characters

    def has_time_after(self, text: str) -> bool:
        """While `text` sounds, a short end can still be written and rendered."""
        return CHARACTER_S * len(text) >= WRITING_S + self.expected_s(SHORT_END_CHARACTERS)
