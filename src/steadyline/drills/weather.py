"""What becomes of datagrams on a bad network: lost, doubled, late. For the network in memory and the drill's UDP proxy."""

import random


class Weather:
    """Decides for each datagram.

    Args:
        chance: what it decides by.
        lost: share of datagrams that are lost, 0 to 1.
        doubled: share of those that arrive which do so twice.
        late: share of the copies that are late, by up to `latest_s`: others overtake them.
        latest_s: seconds.
    """

    def __init__(
        self,
        chance: random.Random,
        lost: float = 0.0,
        doubled: float = 0.0,
        late: float = 0.0,
        latest_s: float = 1.0,
    ) -> None:
        self._chance = chance
        self._latest_s = latest_s
        self.set(lost, doubled, late)

    def set(self, lost: float, doubled: float, late: float) -> None:
        """Change it."""
        self._lost, self._doubled, self._late = lost, doubled, late

    def clear(self) -> None:
        """Every datagram arrives, once and at once."""
        self.set(0.0, 0.0, 0.0)

    def fate(self) -> list[float]:
        """The next datagram's copies: for each how much later than usual it arrives, seconds; none when it is lost."""
        if self._happens(self._lost):
            return []
        copies = 2 if self._happens(self._doubled) else 1
        return [self._chance.uniform(0.0, self._latest_s) if self._happens(self._late) else 0.0 for _ in range(copies)]

    def _happens(self, share: float) -> bool:
        return share > 0.0 and self._chance.random() < share
