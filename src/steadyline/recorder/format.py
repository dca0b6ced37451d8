"""The file of one process and one call: a magic word, then records, in the order in which things happened. Sans-IO.

It is only ever appended to. That of a process which died ends in the middle of a record, and is read up to there.

offset  bytes  field     meaning
0       4      length    bytes of the body, unsigned, network byte order, as in all numbers
4       1      kind      what the body is (`Kind`)
5       1      flags     0
6       2      reserved  0
8       8      at        Unix time, microseconds

Bodies: of HEADER, SHAPE and EVENT a JSON object; of HEARD and PLAYED the sample on the call's clock (8 bytes), the rate (4)
and int16 little-endian samples; of FRAME link (2), sent 1 or received 0 (1), frame type (1), size of the frame's body (4),
count of numbers (1), these (8 each, signed), then the frame's body, or nothing. A SHAPE names a frame type and its numbers
before its first FRAME, so that a file can be read without the release that wrote it.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC = b"SLREC\r\n\x01"
RECORD = struct.Struct(">IBBHQ")
SOUND = struct.Struct(">QI")
FRAME = struct.Struct(">HBBIB")
MAX_BODY_BYTES = (1 << 20) + 4096
"""The longest body of a frame (`wire.framing`), and what is said of it."""
MICROSECONDS = 1_000_000
CLOCK_HZ = 16_000
"""The call's clock."""
SIP = "sip"
"""The event that a SIP message is, with `sent` (true or false) and `message`, its text."""

Pcm16 = NDArray[np.int16]


class Kind(IntEnum):
    """What a record is."""

    HEADER = 1
    SHAPE = 2
    EVENT = 3
    HEARD = 4
    PLAYED = 5
    FRAME = 6


class Record(NamedTuple):
    """One record as it lies in the file: `kind`, time in microseconds, body."""

    kind: int
    at_us: int
    body: bytes


@dataclass(frozen=True)
class Origin:
    """What a process runs on.

    Attributes:
        models: the setting that names a model, e.g. "whisper.model", and which it is.
        settings: for each section of the configuration a hash.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Header:
    """What a file begins with.

    Attributes:
        service, epoch: who wrote it, and which of its starts.
        call_uuid, call_id: the call.
        version: of Steadyline.
        origin: what it ran on; empty in recordings that do not tell.
    """

    service: str
    epoch: int
    call_uuid: str
    call_id: int
    version: str
    origin: Origin = field(default_factory=Origin)

    @classmethod
    def from_json(cls, text: bytes) -> "Header":
        """From the body of a HEADER; what only a later release knows is left out.

        Raises:
            ValueError, KeyError, TypeError: it is none.
        """
        content = json.loads(text)
        known = {item.name: content[item.name] for item in fields(cls) if item.name in content}
        origin = known.pop("origin", {})
        return cls(**known, origin=Origin(dict(origin.get("models", {})), dict(origin.get("settings", {}))))


def pack(kind: Kind, at_us: int, body: bytes) -> bytes:
    """The bytes of a record."""
    return RECORD.pack(len(body), kind, 0, 0, at_us) + body


def pack_json(kind: Kind, at_us: int, content: dict[str, Any]) -> bytes:
    """The bytes of a record that is a JSON object."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str)
    return pack(kind, at_us, text.encode("utf-8", "replace"))


def pack_sound(kind: Kind, at_us: int, sample: int, rate_hz: int, samples: Pcm16) -> bytes:
    """The bytes of a HEARD or PLAYED record: int16 mono at `rate_hz`, from `sample` of the call's clock (16 kHz) on."""
    sound = samples.astype("<i2", copy=False).tobytes()
    return RECORD.pack(SOUND.size + len(sound), kind, 0, 0, at_us) + SOUND.pack(sample, rate_hz) + sound


class RecordDecoder:
    """Cuts a file into records; holds at most one record's bytes plus one read.

    Attributes:
        damage: why nothing more can be read, for people; "" so far.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._has_begun = False
        self.damage = ""

    def __repr__(self) -> str:
        return f"<RecordDecoder held={len(self._buffer)} bytes {self.damage or 'sound'}>"

    @property
    def torn_bytes(self) -> int:
        """Bytes of a record that is not there to its end; at the end of a file: what a crash has cut off."""
        return 0 if self.damage else len(self._buffer)

    def feed(self, data: bytes) -> list[Record]:
        """The records that `data` completes, in order; none after damage."""
        if self.damage:
            return []
        self._buffer += data
        if not self._has_begun and not self._begin():
            return []
        records: list[Record] = []
        offset = 0
        while len(self._buffer) - offset >= RECORD.size:
            length, kind, flags, reserved, at_us = RECORD.unpack_from(self._buffer, offset)
            if length > MAX_BODY_BYTES or flags or reserved or not kind:
                self.damage = f"what follows after {len(records)} records of this piece is no record"
                break
            end = offset + RECORD.size + length
            if len(self._buffer) < end:
                break
            records.append(Record(kind, at_us, bytes(self._buffer[offset + RECORD.size : end])))
            offset = end
        del self._buffer[:offset]
        return records

    def _begin(self) -> bool:
        found = bytes(self._buffer[: len(MAGIC)])
        if not MAGIC.startswith(found):
            self.damage = "this is no recording of ours, or one of another version"
        self._has_begun = found == MAGIC
        if self._has_begun:
            del self._buffer[: len(MAGIC)]
        return self._has_begun
