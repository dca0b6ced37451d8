"""A recording's file: what was written is read back, as far as it was written; damage is said, not raised."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyline.recorder.format import MAGIC, Header, Kind, Origin, RecordDecoder, pack, pack_json, pack_sound
from steadyline.recorder.reading import FileReader, Happening, PassedFrame, Recording, Sound
from steadyline.recorder.shapes import Shape
from steadyline.wire.codec import MESSAGE_TYPES
from steadyline.wire.messages import Turn

ORIGIN = Origin({"whisper.model": "whisper-base sha256:12"}, {"inbound": "34"})
HEADER = Header("gateway", 7, "01234567-89ab-cdef-0123-456789abcdef", 66, "0.1.0", ORIGIN)
SAMPLES = np.arange(-80, 80, dtype=np.int16)


def whole_file() -> list[bytes]:
    """Pieces of a file, each of which is a record but the first."""
    event = {"event": "link", "link": 1, "connection": 3, "peer": "llama", "side": "dials"}
    return [
        MAGIC,
        pack_json(Kind.HEADER, 1_000_000, asdict(HEADER)),
        pack_json(Kind.EVENT, 2_000_000, event),
        pack_sound(Kind.HEARD, 3_000_000, 320, 8_000, SAMPLES),
        pack_sound(Kind.PLAYED, 4_000_000, 640, 48_000, SAMPLES),
        pack_json(Kind.EVENT, 5_000_000, {"event": "ended", "reason": "caller hung up"}),
    ]


def read(path: Path, content: bytes) -> tuple[FileReader, list[Happening | PassedFrame | Sound]]:
    path.write_bytes(content)
    reader = FileReader(path)
    return reader, list(reader.items())


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    reader, (link, heard, played, ended) = read(tmp_path / "a.rec", b"".join(whole_file()))
    assert reader.header == HEADER and reader.damage == ""
    assert isinstance(link, Happening) and (link.at, link.service, link.event) == (2.0, "gateway", "link")
    assert isinstance(heard, Sound) and (heard.is_played, heard.sample, heard.rate_hz) == (False, 320, 8_000)
    assert isinstance(played, Sound) and (played.is_played, played.sample, played.rate_hz) == (True, 640, 48_000)
    assert np.array_equal(heard.samples, SAMPLES)
    assert isinstance(ended, Happening) and ended.detail == {"reason": "caller hung up"}


@pytest.mark.parametrize(
    ("change", "origin"),
    [(lambda content: content.pop("origin"), Origin()), (lambda content: content.update(later="x"), ORIGIN)],
    ids=["of an earlier release", "of a later one"],
)
def test_a_header_with_less_or_more_is_read(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], origin: Origin
) -> None:
    content = asdict(HEADER)
    change(content)
    pieces = whole_file()
    pieces[1] = pack_json(Kind.HEADER, 1_000_000, content)
    reader, items = read(tmp_path / "a.rec", b"".join(pieces))
    assert reader.header is not None and reader.header.origin == origin
    assert reader.damage == "" and len(items) == 4


def test_what_its_processes_ran_on_is_known_of_the_whole_recording(tmp_path: Path) -> None:
    """Of a service that was started again with another configuration: the later."""
    for epoch, settings in ((2, {"inbound": "later"}), (1, {"inbound": "34", "llama": "56"})):
        header = replace(HEADER, epoch=epoch, origin=Origin({"whisper.model": f"start {epoch}"}, settings))
        content = MAGIC + pack_json(Kind.HEADER, 1, asdict(header)) + b"".join(whole_file()[2:])
        (tmp_path / f"gateway-{epoch}.rec").write_bytes(content)
    recording = Recording(tmp_path)
    assert recording.origin() == Origin({"whisper.model": "start 2"}, {"inbound": "later", "llama": "56"})
    assert [header.epoch for header in recording.headers()] == [1, 2]
    assert len(recording.happenings()) == 4


@pytest.mark.parametrize("cut", range(0, sum(map(len, whole_file())), 7))
def test_what_a_crash_has_cut_off_is_missing_and_nothing_else(tmp_path: Path, cut: int) -> None:
    pieces = whole_file()
    reader, items = read(tmp_path / "a.rec", b"".join(pieces)[:cut])
    ends = [sum(map(len, pieces[: number + 1])) for number in range(len(pieces))]
    assert len(items) == sum(1 for end in ends[2:] if end <= cut)
    assert bool(reader.damage) == (cut not in [0, *ends])


@pytest.mark.parametrize(
    ("content", "damage"),
    [
        (b"RIFF....WAVEfmt ", "no recording of ours"),
        (MAGIC + b"\xff" * 64, "is no record"),
        (MAGIC + bytes(64), "is no record"),
        (MAGIC + pack(Kind.EVENT, 1, b"{"), "makes no sense"),
        (MAGIC + pack(Kind.EVENT, 1, b"[1]"), "makes no sense"),
        (MAGIC + pack(Kind.EVENT, 1, b"{}"), "makes no sense"),
        (MAGIC + pack(Kind.HEADER, 1, b'{"service": "x"}'), "makes no sense"),
        (MAGIC + pack(Kind.HEARD, 1, b"short"), "makes no sense"),
        (MAGIC + pack(Kind.FRAME, 1, b"\x00\x01\x01\x20\x00\x00\x00\x00\xff"), "makes no sense"),
    ],
)
def test_damage_is_told(tmp_path: Path, content: bytes, damage: str) -> None:
    reader, items = read(tmp_path / "a.rec", content)
    assert items == [] and damage in reader.damage


def test_a_kind_of_a_later_release_is_passed_over(tmp_path: Path) -> None:
    later = pack(200, 1, b"what is this")  # type: ignore[arg-type]
    reader, items = read(tmp_path / "a.rec", MAGIC + later + whole_file()[2])
    assert len(items) == 1 and reader.damage == ""


@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes_are_taken_in_pieces_of_any_size(content: bytes, size: int) -> None:
    whole, pieces = RecordDecoder(), RecordDecoder()
    expected = whole.feed(MAGIC + content)
    data = MAGIC + content
    found = [record for start in range(0, len(data), size) for record in pieces.feed(data[start : start + size])]
    assert found == expected and bool(pieces.damage) == bool(whole.damage)


@pytest.mark.parametrize("kind", MESSAGE_TYPES.values(), ids=lambda kind: kind.__name__)
def test_every_message_has_an_outline_without_a_word(kind: type) -> None:
    shape = Shape(kind)
    assert shape.as_dict() == {"type": kind.TYPE, "name": kind.__name__, "numbers": list(shape.numbers)}  # type: ignore[attr-defined]
    annotations = kind.__dataclass_fields__  # type: ignore[attr-defined]
    assert all(annotations[name].type in (int, bool) for name in shape.numbers)


def test_a_frame_is_told_by_its_numbers(tmp_path: Path) -> None:
    shape, body = Shape(Turn), b'{"a body": 1}'
    numbers = {name: 10 + place for place, name in enumerate(shape.numbers)}
    message = type("Anything", (), numbers)
    content = [*whole_file()[:3], pack_json(Kind.SHAPE, 1, shape.as_dict())]
    sent_as, received_as = shape.packing(1, is_sent=True), shape.packing(1, is_sent=False)
    content += [sent_as(2, message, 99, b""), received_as(3, message, len(body), body)]  # type: ignore[arg-type]
    _, (_, sent, received) = read(tmp_path / "a.rec", b"".join(content))
    assert isinstance(sent, PassedFrame) and isinstance(received, PassedFrame)
    assert (sent.name, sent.connection, sent.peer, sent.is_sent, sent.size) == ("Turn", 3, "llama", True, 99)
    assert sent.numbers == received.numbers == numbers
    assert (sent.body, received.body, received.is_sent) == (b"", body, False)
