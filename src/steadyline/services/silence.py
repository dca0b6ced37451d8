"""When a caller who says nothing is asked whether they are there, and when they are told goodbye. Pure: time is an argument."""

from steadyline.config_speech import OutboundSection
from steadyline.services.patience import GRACE_S, Phrase


class Silence:
    """One call's silences.

    Args:
        settings: after how long, and how often.
        now: when this begins: a new outbound, whose caller may have been silent for long, first gives the voices a moment.
    """

    def __init__(self, settings: OutboundSection, now: float) -> None:
        self._after_s = settings.silence_prompt_after_s
        self._times = settings.silence_prompts
        self._told: tuple[float | None, int] = (None, 0)
        self._since: float | None = None
        self._sound_at = now + GRACE_S - self._after_s
        self._prompts = 0
        self._is_over = False

    def silent(self, since: float | None, prompts: int = 0) -> None:
        """The caller has said nothing since then, and was asked so often already; or (None) it is not their turn to speak."""
        if (since, prompts) != self._told:
            self._told = (since, prompts)
            self._since, self._prompts, self._is_over = since, prompts, False

    def sound(self, now: float) -> None:
        """The caller hears something at this moment."""
        self._sound_at = max(self._sound_at, now)

    def due_at(self) -> float | None:
        """When something is to be said next, if nothing changes; None when nothing is."""
        if self._since is None or self._is_over or not self._after_s:
            return None
        return max(self._since, self._sound_at) + self._after_s

    def take(self, now: float) -> Phrase | None:
        """What is to be said now, if anything; each thing is given once."""
        due_at = self.due_at()
        if due_at is None or now < due_at:
            return None
        self.sound(now)
        if self._prompts < self._times:
            self._prompts += 1
            return Phrase.STILL_THERE
        self._is_over = True
        return Phrase.FAREWELL
