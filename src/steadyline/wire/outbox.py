"""What a hop keeps until the next hop has committed it: keep, commit, resume, drop what is known.

Positions are whatever identifies a thing across restarts (a sample index, or (turn, clause)) and only ever grow.
"""

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

P = TypeVar("P", int, tuple[int, ...])
T = TypeVar("T")


class Outbox(Generic[P, T]):
    """Things sent and not yet committed, oldest first, bounded by the sum of their sizes.

    When the bound is passed the oldest are dropped (a caller would rather lose the oldest second than the present one);
    `dropped` counts them.

    Args:
        limit: bound of the sum of the sizes, in whatever unit the sizes have (samples, clauses).
    """

    def __init__(self, limit: float) -> None:
        self._items: deque[tuple[P, T, float]] = deque()
        self._limit = limit
        self._size = 0.0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"<Outbox {len(self)} items, size {self._size:g} of {self._limit:g}, {self.dropped} dropped>"

    @property
    def size(self) -> float:
        """Sum of the sizes of what is kept."""
        return self._size

    def put(self, position: P, item: T, size: float = 1.0) -> None:
        """Keep an item.

        Raises:
            ValueError: the position is before the newest one kept.
        """
        if self._items and position < self._items[-1][0]:
            raise ValueError(f"position {position} is before {self._items[-1][0]}; positions only grow")
        self._items.append((position, item, size))
        self._size += size
        while self._size > self._limit and len(self._items) > 1:
            self._size -= self._items.popleft()[2]
            self.dropped += 1

    def commit(self, through: P) -> int:
        """Forget what is at or before `through`; returns how many items that were. Committing twice is harmless."""
        count = 0
        while self._items and self._items[0][0] <= through:
            self._size -= self._items.popleft()[2]
            count += 1
        return count

    def after(self, position: P | None) -> Iterator[T]:
        """What a peer that holds everything through `position` still lacks (None: all of it), in order."""
        return (item for at, item, _ in list(self._items) if position is None or at > position)
