"""What a child writes comes out as it went in, in whole lines, and the last of it is known."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from steadyline.supervisor.line_relay import KEPT_CHARS, KEPT_LINES, MAX_LINE_BYTES, LineRelay


class Relayed:
    """A relay and what it has passed on."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.kept: deque[str] = deque(maxlen=KEPT_LINES)
        self.relay = LineRelay(self.pieces.append, self.kept)

    @property
    def bytes(self) -> bytes:
        return b"".join(self.pieces)


def test_marks_colours_and_odd_bytes_come_through_unchanged() -> None:
    given_bytes = "✅ ready\n\x1b[31mred\x1b[0m\r\n\n".encode() + b"\xff\x00 odd\n"
    relayed = Relayed()
    relayed.relay.feed(given_bytes)
    assert relayed.bytes == given_bytes
    assert list(relayed.kept) == ["✅ ready", "\x1b[31mred\x1b[0m\r", "", "\N{REPLACEMENT CHARACTER}\x00 odd"]


@given(st.lists(st.binary(max_size=30).map(lambda data: data.replace(b"x", b"\n")), max_size=30))
def test_however_it_is_cut_it_is_passed_on_in_whole_lines_and_nothing_is_lost(chunks: list[bytes]) -> None:
    relayed = Relayed()
    for chunk in chunks:
        relayed.relay.feed(chunk)
        assert all(piece.endswith(b"\n") for piece in relayed.pieces)
    relayed.relay.finish()
    whole = b"".join(chunks)
    assert relayed.bytes == (whole if whole.endswith(b"\n") or not whole else whole + b"\n")
    lines = [line.decode("utf-8", "replace") for line in relayed.bytes.split(b"\n")[:-1]]
    assert list(relayed.kept) == lines[-KEPT_LINES:]


def test_a_line_without_its_end_waits_for_it_or_for_the_end_of_the_child() -> None:
    relayed = Relayed()
    relayed.relay.feed(b"half of")
    assert relayed.pieces == []
    relayed.relay.feed(b" it\nFatal")
    assert relayed.bytes == b"half of it\n"
    relayed.relay.finish()
    assert relayed.bytes == b"half of it\nFatal\n"
    assert list(relayed.kept) == ["half of it", "Fatal"]


def test_a_very_long_line_stays_one_line() -> None:
    line = b"x" * (MAX_LINE_BYTES - 1) + b"\n"
    relayed = Relayed()
    for start in range(0, len(line), 65_536):
        relayed.relay.feed(line[start : start + 65_536])
    assert relayed.bytes == line
    assert relayed.kept[-1] == "x" * KEPT_CHARS


def test_a_line_that_does_not_end_is_cut_before_it_fills_the_memory() -> None:
    relayed = Relayed()
    for _ in range(40):
        relayed.relay.feed(b"x" * 65_536)
    relayed.relay.finish()
    assert [len(piece) for piece in relayed.pieces] == [MAX_LINE_BYTES + 1, MAX_LINE_BYTES + 1, MAX_LINE_BYTES // 2 + 1]
    assert relayed.bytes.replace(b"\n", b"") == b"x" * 40 * 65_536
    assert all(len(line) == KEPT_CHARS for line in relayed.kept)


def test_several_runs_of_a_child_are_remembered_as_one() -> None:
    first = Relayed()
    second = LineRelay(first.pieces.append, first.kept)
    first.relay.feed(b"a\nb")
    second.feed(b"c\n")
    first.relay.finish()
    assert first.bytes == b"a\nc\nb\n"
    assert list(first.kept) == ["a", "c", "b"]
