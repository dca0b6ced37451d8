"""For how long a caller to whom nothing is owed has said nothing: bookkeeping in the gateway, which outlives the others."""

from typing import Protocol

from steadyline.services.owed_answer import OwedAnswer
from steadyline.services.patience import Phrase
from steadyline.wire.line_messages import CallerSilent

BEHIND_S = 0.5
"""A heartbeat travels with the caller's audio, so whoever has not answered one for so long hears the caller as late as that. On
one host it takes some milliseconds."""


class Listener(Protocol):
    """Inbound's connection."""

    @property
    def unanswered_s(self) -> float:
        """For how long the oldest heartbeat has waited for its answer."""
        ...


class CallerSilence:
    """One call's. Pure; times are arguments, in seconds of one clock.

    A noise puts the silence off; words or a key make a new beginning. Where nobody listens nobody is silent.

    Args:
        owed: whether an answer is owed, and when the caller spoke.
    """

    def __init__(self, owed: OwedAnswer) -> None:
        self._owed = owed
        self._is_answered = self._is_listened_to = False
        self._stirred_at_s = 0.0
        self._sound_until_s = 0.0
        self._prompts = 0
        self._turn = 0
        self._told: tuple[object, ...] = ()

    def answered(self, now: float) -> None:
        """The call is answered; before that it is not the caller's turn to speak."""
        self._is_answered, self._stirred_at_s = True, now

    def listened_to(self, inbound: Listener | None, now: float) -> None:
        """Who listens to the caller. One that has not got what was said of late cannot say that it was nothing."""
        is_so = inbound is not None and inbound.unanswered_s <= BEHIND_S
        if is_so != self._is_listened_to:
            self._is_listened_to, self._stirred_at_s = is_so, now

    def key_pressed(self, now: float) -> None:
        """The caller has pressed a key."""
        self._stirred_at_s, self._prompts = now, 0

    def sounded(self, until_s: float) -> None:
        """The caller hears something, through `until_s`."""
        self._sound_until_s = max(self._sound_until_s, until_s)

    def phrase_begun(self, number: int) -> None:
        """Outbound says something by itself."""
        self._prompts += number == Phrase.STILL_THERE.value

    def forget_told(self) -> None:
        """There is a new outbound, which has been told nothing."""
        self._told = ()

    def news(self, now: float) -> CallerSilent | None:
        """What outbound does not know yet, if anything. How long the caller hears something it knows by itself."""
        if self._owed.turn > self._turn:
            self._turn, self._prompts = self._owed.turn, 0
        stirred_at_s = max(self._stirred_at_s, self._owed.spoken_at_s)
        is_heard = self._is_answered and self._is_listened_to
        is_silent = is_heard and not self._owed.is_speaking and self._owed.since_s is None
        state = (is_silent, stirred_at_s if is_silent else 0.0, self._prompts)
        if state == self._told:
            return None
        self._told = state
        for_s = now - max(stirred_at_s, self._sound_until_s) if is_silent else 0.0
        return CallerSilent(is_silent, max(0, round(for_s * 1000)), self._prompts)
