"""What is kept of a frame whose body is not: the numbers in it (turn, clause, sample, …), never a word."""

import struct
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any, ClassVar, Protocol, TypeAlias

from steadyline.recorder.format import FRAME, Kind

_KIND = struct.Struct(">BBH")
_WAY = struct.Struct(">HBB")
_HEAD = f"I{_KIND.size}sQ{_WAY.size}sIB"
"""The heads of a record and of a frame's body, in which what is the same for all frames of a type and way is one piece."""


class Message(Protocol):
    """Anything that travels in a frame: a dataclass with its frame type."""

    TYPE: ClassVar[int]


Pack: TypeAlias = Callable[[int, Message, int, bytes], bytes]
"""Makes the bytes of a FRAME record: of Unix time in microseconds, the message, the size of its body, and its body, if kept."""


class Shape:
    """A type of message: its name, and the fields that are whole numbers or true or false.

    Args:
        kind: its class.
    """

    def __init__(self, kind: Any) -> None:
        self.type: int = kind.TYPE
        self.name: str = kind.__name__
        self.numbers = tuple(item.name for item in fields(kind) if item.type in (int, bool))
        self._struct = struct.Struct(f">{_HEAD}{len(self.numbers)}q")
        self._own_bytes = FRAME.size + 8 * len(self.numbers)
        self._numbers_of = _getter(self.numbers)

    def as_dict(self) -> dict[str, Any]:
        """The body of its SHAPE record."""
        return {"type": self.type, "name": self.name, "numbers": list(self.numbers)}

    def packing(self, link: int, is_sent: bool) -> Pack:
        """What makes the FRAME records of this type that pass on a connection in one direction.

        Args:
            link: number of the connection within the file.
            is_sent: or received.
        """
        make, numbers_of, own_bytes, count = self._struct.pack, self._numbers_of, self._own_bytes, len(self.numbers)
        kind, way = _KIND.pack(Kind.FRAME, 0, 0), _WAY.pack(link, is_sent, self.type)

        def pack(at_us: int, message: Message, size: int, body: bytes) -> bytes:
            return make(own_bytes + len(body), kind, at_us, way, size, count, *numbers_of(message)) + body

        return pack


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[int, ...]]:
    if len(names) > 1:
        return attrgetter(*names)
    # Of one name it would give the number itself.
    return lambda message: tuple([getattr(message, name) for name in names])
