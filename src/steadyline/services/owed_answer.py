"""Whether the caller waits for an answer: one call's bookkeeping in the gateway, which outlives everything behind it."""


class OwedAnswer:
    """Pure; times are arguments, in seconds of one clock.

    An answer is owed from the end of an utterance on, until LLaMA has said that it had no words, or until the first frame
    of the answer was accepted. While the caller speaks nothing is owed.
    """

    def __init__(self) -> None:
        self._is_speaking = False
        self._ended_at_s = 0.0
        self._spoken_through = 0
        self._committed_through = 0
        self._committed_turn = 0
        self._accepted_turn = 0

    @property
    def since_s(self) -> float | None:
        """When the caller ended what is to be answered; None while nothing is owed."""
        is_taken = self._spoken_through <= self._committed_through
        is_owed = not is_taken or self._committed_turn > self._accepted_turn
        return self._ended_at_s if is_owed and not self._is_speaking else None

    def caller_speech(self, is_speaking: bool, sample: int, now: float) -> None:
        """Inbound heard the caller begin, or end at `sample`; a new inbound says again what was said before."""
        if not is_speaking and sample > self._spoken_through:
            self._spoken_through, self._ended_at_s = sample, now
        self._is_speaking = is_speaking and sample >= self._spoken_through

    def inbound_lost(self) -> None:
        """Nobody can tell whether the caller goes on speaking."""
        self._is_speaking = False

    def committed(self, sample: int, turn: int) -> None:
        """LLaMA took everything through `sample`, of which `turn` was the newest with words."""
        self._committed_through = max(self._committed_through, sample)
        self._committed_turn = max(self._committed_turn, turn)

    def accepted(self, turn: int) -> None:
        """Sound of the answer to `turn` is on its way to the caller."""
        self._accepted_turn = max(self._accepted_turn, turn)
