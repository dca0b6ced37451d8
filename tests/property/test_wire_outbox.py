"""Keep, commit, resume: over any losses and restarts of the connection nothing is lost, nothing is doubled."""

from hypothesis import given
from hypothesis import strategies as st

from steadyline.wire.outbox import Outbox

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(1, 5)),
        st.tuples(st.just("deliver"), st.integers(1, 8)),
        st.tuples(st.just("commit"), st.integers(0, 3)),
        st.just(("lose connection", 0)),
        st.just(("receiver dies", 0)),
    ),
    max_size=60,
)


class Hop:
    """A sender with an outbox, a connection that loses what is under way, a receiver that commits in batches.

    The receiver drops what it knows already; what it had not committed when it dies is gone with it.
    """

    def __init__(self) -> None:
        self.outbox: Outbox[int, int] = Outbox(limit=1_000_000)
        self.said = 0
        self.under_way: list[int] = []
        self.received: list[int] = []
        self.committed = 0

    def step(self, what: str, count: int) -> None:
        if what == "say":
            for _ in range(count):
                self.said += 1
                self.outbox.put(self.said, self.said)
                self.under_way.append(self.said)
        elif what == "deliver":
            for item in self.under_way[:count]:
                if item > (self.received[-1] if self.received else 0):
                    self.received.append(item)
            del self.under_way[:count]
        elif what == "commit":
            self.committed = max([self.committed, *self.received[: self.committed + count]])
            self.outbox.commit(self.committed)
        elif what == "lose connection":
            self.reconnect()
        else:
            self.received = self.received[: self.committed]
            self.reconnect()

    def reconnect(self) -> None:
        """HELLO and WELCOME say through where the receiver has it; the rest is sent again."""
        self.under_way = list(self.outbox.after(self.received[-1] if self.received else 0))


@given(STEPS)
def test_nothing_is_lost_and_nothing_is_doubled(steps: list[tuple[str, int]]) -> None:
    hop = Hop()
    for what, count in steps:
        hop.step(what, count)
        assert hop.received == list(range(1, len(hop.received) + 1))
        kept = list(hop.outbox.after(None))
        assert kept == list(range(hop.committed + 1, hop.said + 1))
    hop.reconnect()
    hop.step("deliver", hop.said)
    assert hop.received == list(range(1, hop.said + 1))


ITEMS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), max_size=60)


@given(ITEMS, st.integers(1, 100))
def test_the_bound_is_kept_and_what_is_dropped_is_the_oldest(items: list[tuple[int, int]], limit: int) -> None:
    outbox: Outbox[int, int] = Outbox(limit)
    position = 0
    for number, (step, size) in enumerate(items):
        position += step
        outbox.put(position, number, size)
        kept = list(outbox.after(None))
        assert kept == list(range(outbox.dropped, number + 1))
        assert outbox.size == sum(items[item][1] for item in kept)
        assert outbox.size <= limit or len(outbox) == 1


@given(ITEMS, st.integers(0, 200), st.integers(0, 200))
def test_after_is_what_a_commit_would_leave(items: list[tuple[int, int]], first: int, second: int) -> None:
    outbox: Outbox[int, int] = Outbox(1_000_000)
    position = 0
    for number, (step, size) in enumerate(items):
        position += step
        outbox.put(position, number, size)
    for through in (first, second):
        expected = list(outbox.after(through))
        count = len(outbox)
        assert outbox.commit(through) == count - len(expected)
        assert list(outbox.after(None)) == expected == list(outbox.after(through))


PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), unique=True, max_size=30).map(sorted)


@given(PAIRS, st.tuples(st.integers(0, 5), st.integers(0, 5)))
def test_clauses_are_ordered_by_turn_then_clause(positions: list[tuple[int, int]], through: tuple[int, int]) -> None:
    outbox: Outbox[tuple[int, ...], tuple[int, int]] = Outbox(1_000)
    for position in positions:
        outbox.put(position, position)
    assert list(outbox.after(through)) == [position for position in positions if position > through]
