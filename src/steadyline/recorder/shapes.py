"""What is kept of a frame whose body is not: the numbers in it (turn, clause, sample, …), never a word."""

import struct
from collections.abc import Callable
from dataclasses import fields
from typing import Any, ClassVar, Protocol

from steadyline.recorder.format import FRAME, RECORD, Kind

_HEAD = RECORD.format.lstrip(">") + FRAME.format.lstrip(">")


class Message(Protocol):
    """Anything that travels in a frame: a dataclass with its frame type."""

    TYPE: ClassVar[int]


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
        self._own_bytes = self._struct.size - RECORD.size
        self._numbers_of = _getter(self.numbers)

    def as_dict(self) -> dict[str, Any]:
        """The body of its SHAPE record."""
        return {"type": self.type, "name": self.name, "numbers": list(self.numbers)}

    def pack(self, at_us: int, link: int, is_sent: bool, message: Message, size: int, body: bytes = b"") -> bytes:
        """The bytes of a FRAME record.

        Args:
            at_us: Unix time, microseconds.
            link: number of the connection within the file.
            is_sent: or received.
            message: what it was.
            size: bytes of its body.
            body: its body, if that is to be kept.
        """
        numbers = self._numbers_of(message)
        length = self._own_bytes + len(body)
        header = (length, Kind.FRAME, 0, 0, at_us, link, is_sent, self.type, size, len(numbers))
        return self._struct.pack(*header, *numbers) + body


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[int, ...]]:
    return lambda message: tuple([getattr(message, name) for name in names])
