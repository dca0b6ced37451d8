"""When a caller who hears nothing is told something: asked to wait, then an apology, then goodbye. Pure: time is an argument."""

from enum import Enum

from steadyline.config_speech import OutboundSection

GRACE_S = 0.5


class Phrase(Enum):
    """What outbound can say by itself, with its number on the wire."""

    WAIT = 1
    APOLOGY = 2
    GOODBYE = 3
    STILL_THERE = 4
    FAREWELL = 5

    @property
    def is_about_an_answer(self) -> bool:
        """It is said to somebody who waits for an answer, not to somebody who says nothing."""
        return self in (Phrase.WAIT, Phrase.APOLOGY, Phrase.GOODBYE)


class Patience:
    """One call's patience.

    Args:
        settings: after how long, and how often.
        now: when this begins: a new outbound, whose caller may have waited long, first gives the voices a moment.
    """

    def __init__(self, settings: OutboundSection, now: float) -> None:
        self._settings = settings
        self._owed_since: float | None = None
        self._first_owed = 0.0
        self._sound_at = now + GRACE_S - settings.wait_after_s
        self._asked = 0

    def owed(self, since: float | None) -> None:
        """An answer is owed since then, or (None) is not any more: the next time begins from the beginning."""
        if since is not None and self._owed_since is None:
            self._first_owed, self._asked = since, 0
        self._owed_since = since

    def sound(self, now: float) -> None:
        """The caller hears something at this moment."""
        self._sound_at = max(self._sound_at, now)

    def due_at(self) -> float | None:
        """When something is to be said next, if nothing changes; None when nothing is."""
        due = [at for at in (self._phrase_at(), self._goodbye_at()) if at is not None]
        return min(due) if due else None

    def take(self, now: float) -> Phrase | None:
        """What is to be said now, if anything; each thing is given once."""
        goodbye_at, phrase_at = self._goodbye_at(), self._phrase_at()
        if goodbye_at is not None and now >= goodbye_at:
            self._asked = self._settings.wait_times + 2
            self.sound(now)
            return Phrase.GOODBYE
        if phrase_at is not None and now >= phrase_at:
            self._asked += 1
            self.sound(now)
            return Phrase.WAIT if self._asked <= self._settings.wait_times else Phrase.APOLOGY
        return None

    def _phrase_at(self) -> float | None:
        settings = self._settings
        if self._owed_since is None or not settings.wait_after_s or self._asked > settings.wait_times:
            return None
        return max(self._owed_since, self._sound_at) + (settings.wait_again_s if self._asked else settings.wait_after_s)

    def _goodbye_at(self) -> float | None:
        settings = self._settings
        if self._owed_since is None or not settings.goodbye_after_s or self._asked > settings.wait_times + 1:
            return None
        quiet_s = min(settings.wait_again_s, settings.goodbye_after_s)
        return max(self._first_owed + settings.goodbye_after_s, self._sound_at + quiet_s)
