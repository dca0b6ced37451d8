"""One framing for every TCP connection: a 16-byte header, then the body (docs/wire-protocol.md, "Frames").

offset  bytes  field     meaning
0       4      length    bytes of the body, unsigned, network byte order; covers the whole body
4       1      type      what the body is
5       1      flags     0
6       2      reserved  0
8       8      seq       1, 2, 3, … in each direction of one connection, network byte order
"""

import struct
from typing import NamedTuple

from steadyline.errors import WireError

HEADER = struct.Struct(">IBBHQ")
MAX_BODY_BYTES = 1 << 20
"""Upper bound of a body. A second of 48 kHz float32 is 192 kB; whoever sends more at once is broken."""


class Frame(NamedTuple):
    """One frame as it came: `type` 0-255, `seq` from 1, `body` at most `MAX_BODY_BYTES` bytes."""

    type: int
    seq: int
    body: bytes


def encode_frame(frame: Frame) -> bytes:
    """The bytes of one frame.

    Raises:
        WireError: `frame-too-long`.
    """
    if len(frame.body) > MAX_BODY_BYTES:
        raise WireError("frame-too-long", f"body of {len(frame.body)} bytes, at most {MAX_BODY_BYTES} are allowed")
    return HEADER.pack(len(frame.body), frame.type, 0, 0, frame.seq) + frame.body


class FrameDecoder:
    """Cuts a byte stream into frames and checks their headers; holds at most one frame's bytes plus one read.

    Args:
        max_first_body_bytes: bound of the first frame's body: nobody is known before it has come.
    """

    def __init__(self, max_first_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._max_first_body_bytes = max_first_body_bytes
        self._buffer = bytearray()
        self._next_seq = 1

    def __repr__(self) -> str:
        return f"<FrameDecoder next_seq={self._next_seq} held={len(self._buffer)} bytes>"

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes, in order.

        Raises:
            WireError: `frame-too-long`, `bad-header` (flags or reserved not 0) or `bad-seq`. The stream cannot be
                followed after that; frames before the fault in the same `data` are lost with it.
        """
        self._buffer += data
        frames: list[Frame] = []
        offset = 0
        while len(self._buffer) - offset >= HEADER.size:
            length, kind, flags, reserved, seq = HEADER.unpack_from(self._buffer, offset)
            self._check(length, flags, reserved, seq)
            end = offset + HEADER.size + length
            if len(self._buffer) < end:
                break
            frames.append(Frame(kind, seq, bytes(self._buffer[offset + HEADER.size : end])))
            self._next_seq += 1
            offset = end
        del self._buffer[:offset]
        return frames

    def _check(self, length: int, flags: int, reserved: int, seq: int) -> None:
        most = self._max_first_body_bytes if self._next_seq == 1 else MAX_BODY_BYTES
        if length > most:
            raise WireError("frame-too-long", f"length {length}, at most {most} bytes are allowed")
        if flags or reserved:
            raise WireError("bad-header", f"flags {flags} and reserved {reserved}, both must be 0")
        if seq != self._next_seq:
            raise WireError("bad-seq", f"seq {seq}, expected {self._next_seq}")
