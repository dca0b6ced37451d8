"""Reading a call's recording: the files of all its processes, each as far as it goes."""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from steadyline.recorder.folders import recording_files
from steadyline.recorder.format import (
    FRAME,
    MICROSECONDS,
    SOUND,
    Header,
    Kind,
    Origin,
    Pcm16,
    Record,
    RecordDecoder,
)

_READ_BYTES = 1 << 20
_UNKNOWN = {"connection": -1, "peer": "?", "side": "?"}


@dataclass(frozen=True)
class Happening:
    """Something happened: `event` "answered", "ended", "link" (a connection was opened), "open", "failed", "lost", ….

    Attributes:
        at: Unix time, seconds, by the clock of the machine of `service`.
    """

    at: float
    service: str
    event: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class PassedFrame:
    """A frame that passed a process.

    Attributes:
        at: Unix time, seconds.
        service: who tells it; `peer` is the role at the other end of `connection`.
        is_sent: by `service`; else it was received.
        name: of its type.
        size: bytes of its body.
        numbers: the whole numbers in it, by name.
        body: its body; b"" when it was not kept.
    """

    at: float
    service: str
    connection: int
    peer: str
    is_sent: bool
    name: str
    size: int
    numbers: dict[str, int]
    body: bytes


@dataclass(frozen=True, eq=False)
class Sound:
    """A piece of one channel: int16 mono at `rate_hz`, from `sample` of the call's clock (16 kHz) on."""

    at: float
    is_played: bool
    sample: int
    rate_hz: int
    samples: Pcm16


Item = Happening | PassedFrame | Sound


class FileReader:
    """One file, read from its beginning to where it ends or is damaged.

    Attributes:
        header: None for a file that has none.
        damage: why it was not read to its end, for people; "" when it was. Known after `items`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.header: Header | None = None
        self.damage = ""
        self._shapes: dict[int, tuple[str, list[str]]] = {}
        self._links: dict[int, dict[str, Any]] = {}

    def __repr__(self) -> str:
        return f"<FileReader {self.path.name} {self.damage or 'sound'}>"

    def items(self, *kinds: Kind) -> Iterator[Item]:
        """What it tells, in its order, or the records of these kinds alone; never more than a piece of it is in memory."""
        decoder = RecordDecoder()
        try:
            with self.path.open("rb") as file:
                while data := file.read(_READ_BYTES):
                    for record in decoder.feed(data):
                        item = None if kinds and record.kind not in kinds else self._item(record)
                        if item is not None:
                            yield item
        except OSError as error:
            self.damage = f"cannot be read: {error.strerror}"
            return
        except (ValueError, KeyError, TypeError, struct.error) as error:
            self.damage = f"a record makes no sense: {error!r:.80}"
            return
        torn = f"its last {decoder.torn_bytes} bytes are no whole record" if decoder.torn_bytes else ""
        self.damage = decoder.damage or torn

    def _item(self, record: Record) -> Item | None:
        """None for what is about other records, and for kinds that only a later release knows."""
        at = record.at_us / MICROSECONDS
        match record.kind:
            case Kind.HEADER:
                self.header = Header.from_json(record.body)
            case Kind.SHAPE:
                shape = json.loads(record.body)
                self._shapes[shape["type"]] = (shape["name"], shape["numbers"])
            case Kind.EVENT:
                return self._happening(at, json.loads(record.body))
            case Kind.HEARD | Kind.PLAYED:
                return _sound(at, record)
            case Kind.FRAME:
                return self._frame(at, record.body)
        return None

    @property
    def _service(self) -> str:
        return self.header.service if self.header else self.path.stem

    def _happening(self, at: float, detail: dict[str, Any]) -> Happening:
        event = str(detail.pop("event"))
        if event == "link":
            self._links[detail["link"]] = detail
        return Happening(at, self._service, event, detail)

    def _frame(self, at: float, body: bytes) -> PassedFrame:
        link, is_sent, kind, size, count = FRAME.unpack_from(body)
        numbers = struct.unpack_from(f">{count}q", body, FRAME.size)
        name, names = self._shapes.get(kind, (f"0x{kind:02x}", []))
        ends = self._links.get(link, _UNKNOWN)
        rest = body[FRAME.size + 8 * count :]
        by_name = dict(zip(names, numbers, strict=False))
        return PassedFrame(
            at, self._service, ends["connection"], ends["peer"], bool(is_sent), name, size, by_name, rest
        )


def _sound(at: float, record: Record) -> Sound:
    sample, rate_hz = SOUND.unpack_from(record.body)
    samples = np.frombuffer(record.body, "<i2", offset=SOUND.size).astype(np.int16, copy=False)
    return Sound(at, record.kind == Kind.PLAYED, sample, rate_hz, samples)


class Recording:
    """The recording of one call.

    Attributes:
        files: a reader for each of its files; none when the call was not recorded.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # One that was given up before anything was written to it is empty.
        self.files = [FileReader(path) for path in recording_files(folder) if path.stat().st_size]

    def __repr__(self) -> str:
        return f"<Recording {self.folder.name} {len(self.files)} files>"

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(file.path.stat().st_size for file in self.files)

    def headers(self) -> list[Header]:
        """What each file begins with, process by process; no more than that is read of them."""
        for file in self.files:
            if file.header is None:
                next(file.items(), None)
        return [file.header for file in self.files if file.header is not None]

    def origin(self) -> Origin:
        """What its processes ran on, all together; of two that differ, the later."""
        models: dict[str, str] = {}
        settings: dict[str, str] = {}
        for header in sorted(self.headers(), key=lambda header: header.epoch):
            models |= header.origin.models
            settings |= header.origin.settings
        return Origin(models, settings)

    def happenings(self) -> list[Happening]:
        """What happened, as all processes tell it, by time."""
        found = [item for file in self.files for item in file.items() if isinstance(item, Happening)]
        return sorted(found, key=lambda happening: happening.at)

    def frames(self) -> Iterator[PassedFrame]:
        """All frames, process by process, in the order of each."""
        for file in self.files:
            yield from (item for item in file.items() if isinstance(item, PassedFrame))

    def sound(self) -> Iterator[Sound]:
        """Both channels, piece by piece, in the order in which they were written."""
        for file in self.files:
            yield from (item for item in file.items(Kind.HEARD, Kind.PLAYED) if isinstance(item, Sound))

    def damages(self) -> list[str]:
        """What could not be read of it, a line a file; known after one of the others was read to its end."""
        return [f"{file.path.name}: {file.damage}" for file in self.files if file.damage]
