"""Which nonces were seen: what makes a replay known. Bounded in time and in number."""


class SeenNonces:
    """The nonces of the latest while, in two generations: each is remembered for at least `kept_s`, at most twice that.

    Time is an argument: monotonic, since the wall clock may be set, and a replay must not be forgotten for that.

    Args:
        kept_s: how long a nonce must be remembered, seconds.
        most: so many are remembered per generation; then nobody new is let in until the next one begins.
    """

    def __init__(self, kept_s: float, most: int) -> None:
        self._kept_s = kept_s
        self._most = most
        self._began_at: float | None = None
        self._newer: set[str] = set()
        self._older: set[str] = set()

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    @property
    def is_full(self) -> bool:
        """No more can be remembered now."""
        return len(self._newer) >= self._most

    def is_known(self, nonce: str, now: float) -> bool:
        """Whether it was seen before."""
        if self._began_at is None or now - self._began_at >= self._kept_s:
            self._older, self._newer, self._began_at = self._newer, set(), now
        return nonce in self._newer or nonce in self._older

    def note(self, nonce: str) -> None:
        """Remember it."""
        self._newer.add(nonce)
