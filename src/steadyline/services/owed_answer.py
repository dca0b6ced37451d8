"""Whether the caller waits for an answer: one call's bookkeeping in the gateway, which outlives everything behind it."""

from steadyline.wire.line_messages import AnswerOwed

NOT_TOLD = -1.0
"""Outbound has not been told whether an answer is owed."""


class OwedAnswer:
    """Pure; times are arguments, in seconds of one clock.

    An answer is owed from the end of an utterance on, until LLaMA has said that it had no words, or until the first frame
    of the answer was accepted. While the caller speaks, or has the call on hold, nothing is owed.
    """

    def __init__(self) -> None:
        self._is_speaking = False
        self._on_hold_at_s: float | None = None
        self._ended_at_s = 0.0
        self._spoken_through = 0
        self._committed_through = 0
        self._committed_turn = 0
        self._accepted_turn = 0
        self._told: float | None = NOT_TOLD

    @property
    def is_speaking(self) -> bool:
        """The caller is saying something."""
        return self._is_speaking

    @property
    def spoken_at_s(self) -> float:
        """When the caller ended what they said last, words or not; 0 when they said nothing yet."""
        return self._ended_at_s

    @property
    def turn(self) -> int:
        """The newest turn that had words; 0 before."""
        return self._committed_turn

    @property
    def since_s(self) -> float | None:
        """When the caller ended what is to be answered; None while nothing is owed."""
        is_taken = self._spoken_through <= self._committed_through
        is_owed = not is_taken or self._committed_turn > self._accepted_turn
        return self._ended_at_s if is_owed and not self._is_speaking and self._on_hold_at_s is None else None

    def caller_speech(self, is_speaking: bool, sample: int, now: float) -> None:
        """Inbound heard the caller begin, or end at `sample`; a new inbound says again what was said before."""
        if not is_speaking and sample > self._spoken_through:
            self._spoken_through, self._ended_at_s = sample, now
        self._is_speaking = is_speaking and sample >= self._spoken_through

    def on_hold(self, is_on_hold: bool, now: float) -> bool:
        """The caller hears nothing, or hears us again; the time between is no waiting. True when that is new."""
        if is_on_hold == (self._on_hold_at_s is not None):
            return False
        if self._on_hold_at_s is not None:
            self._ended_at_s = min(now, self._ended_at_s + now - self._on_hold_at_s)
        self._on_hold_at_s = now if is_on_hold else None
        return True

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

    def forget_told(self) -> None:
        """There is a new outbound, which has been told nothing."""
        self._told = NOT_TOLD

    def news(self, now: float) -> AnswerOwed | None:
        """What outbound does not know yet, if anything."""
        since_s = self.since_s
        if since_s == self._told:
            return None
        self._told = since_s
        return AnswerOwed(since_s is not None, 0 if since_s is None else round((now - since_s) * 1000))
