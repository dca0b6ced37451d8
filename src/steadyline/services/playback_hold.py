"""Whether the agent is to be silent because the caller speaks; it outlives everything behind the gateway. Pure."""

FOREVER = float("inf")


class PlaybackHold:
    """One call's hold; times are arguments, in seconds of one clock, samples are of the call's clock.

    Playback is held from the first sign of the caller's voice on, until inbound says that it was nothing (a cough, a "mhm"),
    until LLaMA has taken what was said (then another answer follows), or until nobody has decided for `undecided_s` after
    the caller fell silent: whoever decides may be dead, and an answer must not be lost for a noise.

    Args:
        undecided_s: after the end of the caller's voice.
    """

    def __init__(self, undecided_s: float) -> None:
        self._undecided_s = undecided_s
        self._until: dict[int, float] = {}
        self._committed = 0

    def __repr__(self) -> str:
        return f"<PlaybackHold for {sorted(self._until) or 'nothing'}>"

    @property
    def is_held(self) -> bool:
        """The agent is to be silent."""
        return bool(self._until)

    def interrupting(self, sample: int, now: float) -> None:
        """The caller's voice was heard from `sample` on; a replay of what is committed is none."""
        if sample >= self._committed:
            self._until[sample] = now + self._undecided_s

    def was_nothing(self, sample: int) -> None:
        """What was heard from `sample` on is no reason to be silent; something before it may still be one."""
        self._until.pop(sample, None)

    def caller_speech(self, is_speaking: bool, now: float) -> None:
        """Inbound heard that what was heard last is an utterance, or that it is over."""
        if not self._until:
            return
        newest = max(self._until)
        if is_speaking:
            self._until[newest] = FOREVER
        else:
            self.inbound_lost(now)
            self._until[newest] = now + self._undecided_s

    def inbound_lost(self, now: float) -> None:
        """Nobody can tell whether the caller goes on speaking: nothing is held for longer than what is undecided."""
        self._until = {sample: min(until, now + self._undecided_s) for sample, until in self._until.items()}

    def committed(self, sample: int) -> None:
        """LLaMA took everything through `sample`."""
        self._committed = max(self._committed, sample)
        self._until = {since: until for since, until in self._until.items() if since >= sample}

    def look(self, now: float) -> None:
        """Time has passed."""
        self._until = {sample: until for sample, until in self._until.items() if now < until}
