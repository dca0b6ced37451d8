"""What a hop keeps until the next hop has committed it."""

import pytest

from steadyline.wire.outbox import Outbox


def test_it_keeps_in_order_until_committed_and_committing_twice_is_harmless() -> None:
    outbox: Outbox[int, str] = Outbox(100)
    for position in (10, 20, 30):
        outbox.put(position, f"through {position}")
    assert outbox.commit(20) == 2
    assert outbox.commit(20) == 0 and outbox.commit(5) == 0
    assert list(outbox.after(None)) == ["through 30"]
    assert (len(outbox), outbox.size) == (1, 1.0)


def test_a_peer_gets_what_lies_after_its_position() -> None:
    outbox: Outbox[tuple[int, ...], str] = Outbox(100)
    for turn, clause in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        outbox.put((turn, clause), f"{turn}.{clause}")
    assert list(outbox.after((0, 1))) == ["1.0", "1.1"]
    assert list(outbox.after((0, 9))) == ["1.0", "1.1"]
    assert list(outbox.after((9, 9))) == []
    assert list(outbox.after(None)) == ["0.0", "0.1", "1.0", "1.1"]
    assert len(outbox) == 4, "asking does not commit"


def test_items_at_one_position_go_together() -> None:
    outbox: Outbox[int, str] = Outbox(100)
    outbox.put(5, "speech started")
    outbox.put(5, "speech")
    outbox.put(6, "more")
    assert list(outbox.after(4)) == ["speech started", "speech", "more"]
    assert outbox.commit(5) == 2


def test_positions_never_return() -> None:
    outbox: Outbox[int, str] = Outbox(100)
    outbox.put(5, "a")
    with pytest.raises(ValueError, match="position 4 is before 5"):
        outbox.put(4, "b")


def test_over_its_bound_it_drops_the_oldest_and_counts_them() -> None:
    outbox: Outbox[int, str] = Outbox(limit=10)
    for position in range(1, 6):
        outbox.put(position, str(position), size=4)
    assert list(outbox.after(None)) == ["4", "5"]
    assert (outbox.size, outbox.dropped) == (8, 3)
    outbox.put(6, "huge", size=50)
    assert list(outbox.after(None)) == ["huge"], "the newest is always kept"
    assert "1 items" in repr(outbox) and "5 dropped" in repr(outbox)


def test_it_may_change_while_it_is_read() -> None:
    outbox: Outbox[int, int] = Outbox(100)
    for position in range(5):
        outbox.put(position, position)
    seen = []
    for item in outbox.after(None):
        outbox.commit(item)
        seen.append(item)
    assert seen == [0, 1, 2, 3, 4]
