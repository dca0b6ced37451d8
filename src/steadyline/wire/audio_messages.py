"""The audio messages: a fixed header in network byte order, then little-endian mono samples."""

import struct
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from steadyline.errors import WireError
from steadyline.wire.json_message import MAX_INT

MIN_RATE_HZ = 8_000
MAX_RATE_HZ = 48_000

Pcm16 = NDArray[np.int16]
Float32 = NDArray[np.float32]


def _samples(name: str, body: bytes, offset: int, dtype: str) -> NDArray[Any]:
    size = np.dtype(dtype).itemsize
    if len(body) < offset or (len(body) - offset) % size:
        raise WireError("bad-body", f"{name}: {len(body)} bytes, {offset} and a multiple of {size} are needed")
    samples = np.frombuffer(body, dtype=dtype, offset=offset)
    if dtype == "<f4" and not np.isfinite(samples).all():
        raise WireError("bad-body", f"{name}: samples that are not finite, [-1, 1] is needed")
    return samples


def _rate(name: str, rate_hz: int) -> int:
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise WireError("bad-body", f"{name}: rate {rate_hz} Hz, {MIN_RATE_HZ} to {MAX_RATE_HZ} are allowed")
    return rate_hz


def _index(name: str, sample: int) -> int:
    if sample > MAX_INT:
        raise WireError("bad-body", f"{name}: sample {sample}, 0 to {MAX_INT} are allowed")
    return sample


@dataclass(frozen=True, eq=False)
class _ClockedAudio:
    """Int16 mono samples at the line's rate that lie on the call's clock."""

    HEADER: ClassVar[struct.Struct] = struct.Struct(">QI")
    sample: int
    rate_hz: int
    samples: Pcm16

    def to_body(self) -> bytes:
        return self.HEADER.pack(self.sample, self.rate_hz) + self.samples.astype("<i2", copy=False).tobytes()

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        samples = _samples(cls.__name__, body, cls.HEADER.size, "<i2")
        sample, rate_hz = cls.HEADER.unpack_from(body)
        return cls(_index(cls.__name__, sample), _rate(cls.__name__, rate_hz), samples)


@dataclass(frozen=True, eq=False)
class CallerAudio(_ClockedAudio):
    """Gateway to inbound (0): what the caller said.

    Attributes:
        sample: index of the first sample on the call's clock of 16,000 ticks a second (a tick is 1/2 sample at 8 kHz,
            3 samples at 48 kHz), from 0 at the answer; never returns.
        rate_hz: of the samples, 8,000 to 48,000.
        samples: int16, mono.
    """

    TYPE: ClassVar[int] = 0x18


@dataclass(frozen=True, eq=False)
class PlayedAudio(_ClockedAudio):
    """Gateway to inbound (0): what has left for the caller, whose echo may come back in `CallerAudio`.

    Attributes:
        sample: where its first sample lies on the call's clock of 16,000 ticks a second; never returns.
        rate_hz: of the samples, 8,000 to 48,000.
        samples: int16, mono.
    """

    TYPE: ClassVar[int] = 0x1E


@dataclass(frozen=True, eq=False)
class LineAudio:
    """Outbound to gateway (0): what the caller is to hear next.

    Attributes:
        turn, clause: whose audio it is.
        rendering: which rendering of the clause; voices do not render alike twice.
        end_sample: position after its last sample within the clause, in samples at the line's rate.
        last: the clause ends here.
        samples: int16, mono, at the line's rate.
    """

    TYPE: ClassVar[int] = 0x19
    HEADER: ClassVar[struct.Struct] = struct.Struct(">IIIQB")
    turn: int
    clause: int
    rendering: int
    end_sample: int
    last: bool
    samples: Pcm16

    def to_body(self) -> bytes:
        header = self.HEADER.pack(self.turn, self.clause, self.rendering, self.end_sample, self.last)
        return header + self.samples.astype("<i2", copy=False).tobytes()

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        samples = _samples("LineAudio", body, cls.HEADER.size, "<i2")
        turn, clause, rendering, end_sample, last = cls.HEADER.unpack_from(body)
        return cls(turn, clause, rendering, _index("LineAudio", end_sample), bool(last), samples)


@dataclass(frozen=True, eq=False)
class PhraseAudio:
    """Outbound to gateway (0): to be heard next, and no part of an answer.

    Attributes:
        phrase: 1 "one moment, please", 2 an apology, 3 goodbye, 4 "are you still there?", 5 farewell.
        start_sample: position of the first sample within the phrase, at the line's rate.
        samples: int16, mono, at the line's rate.
    """

    TYPE: ClassVar[int] = 0x1B
    HEADER: ClassVar[struct.Struct] = struct.Struct(">BQ")
    phrase: int
    start_sample: int
    samples: Pcm16

    def to_body(self) -> bytes:
        return self.HEADER.pack(self.phrase, self.start_sample) + self.samples.astype("<i2", copy=False).tobytes()

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        samples = _samples("PhraseAudio", body, cls.HEADER.size, "<i2")
        phrase, start = cls.HEADER.unpack_from(body)
        return cls(phrase, _index("PhraseAudio", start), samples)


@dataclass(frozen=True)
class Cursor:
    """Gateway to outbound (0): how far the line is, after every change.

    Attributes:
        received: samples taken since this connection opened.
        buffered: samples queued and not yet sent.
        accepted: (turn, clause, end_sample) of the newest LineAudio taken.
        played: (turn, clause, end_sample) that left for the caller.
    """

    TYPE: ClassVar[int] = 0x1A
    LAYOUT: ClassVar[struct.Struct] = struct.Struct(">QIIIQIIQ")
    received: int
    buffered: int
    accepted: tuple[int, int, int]
    played: tuple[int, int, int]

    def to_body(self) -> bytes:
        return self.LAYOUT.pack(self.received, self.buffered, *self.accepted, *self.played)

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        if len(body) != cls.LAYOUT.size:
            raise WireError("bad-body", f"Cursor: {len(body)} bytes, {cls.LAYOUT.size} are needed")
        received, buffered, *positions = cls.LAYOUT.unpack(body)
        for sample in (received, positions[2], positions[5]):
            _index("Cursor", sample)
        accepted, played = positions[:3], positions[3:]
        return cls(received, buffered, (accepted[0], accepted[1], accepted[2]), (played[0], played[1], played[2]))


@dataclass(frozen=True, eq=False)
class SpeechAudio:
    """Inbound to whisper (1): speech, float32 little-endian, mono, [-1, 1], 16 kHz, from sample index `start` on."""

    TYPE: ClassVar[int] = 0x20
    HEADER: ClassVar[struct.Struct] = struct.Struct(">Q")
    start: int
    samples: Float32

    def to_body(self) -> bytes:
        return self.HEADER.pack(self.start) + self.samples.astype("<f4", copy=False).tobytes()

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        samples = _samples("SpeechAudio", body, cls.HEADER.size, "<f4")
        return cls(_index("SpeechAudio", cls.HEADER.unpack_from(body)[0]), samples)


@dataclass(frozen=True, eq=False)
class ClauseAudio:
    """TTS to outbound (5): a chunk of a clause's audio.

    Attributes:
        turn, clause: whose audio it is.
        rendering: a number of this rendering of the clause, which another one of it has not.
        chunk_id: from 0 in each rendering of the clause.
        start_sample: position of the first sample within the clause, at `rate_hz`.
        rate_hz: of the samples, 8,000 to 48,000.
        last: the clause ends with this chunk (which may be empty).
        samples: float32, mono, [-1, 1].
    """

    TYPE: ClassVar[int] = 0x50
    HEADER: ClassVar[struct.Struct] = struct.Struct(">IIIIQIB")
    turn: int
    clause: int
    rendering: int
    chunk_id: int
    start_sample: int
    rate_hz: int
    last: bool
    samples: Float32

    def to_body(self) -> bytes:
        numbers = (self.turn, self.clause, self.rendering, self.chunk_id, self.start_sample, self.rate_hz, self.last)
        return self.HEADER.pack(*numbers) + self.samples.astype("<f4", copy=False).tobytes()

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        samples = _samples("ClauseAudio", body, cls.HEADER.size, "<f4")
        turn, clause, rendering, chunk_id, start, rate_hz, last = cls.HEADER.unpack_from(body)
        start, rate_hz = _index("ClauseAudio", start), _rate("ClauseAudio", rate_hz)
        return cls(turn, clause, rendering, chunk_id, start, rate_hz, bool(last), samples)
