"""Bodies of control messages: UTF-8 JSON objects, read strictly (docs/wire-protocol.md, "Control messages")."""

import json
import math
from dataclasses import fields
from typing import Any, ClassVar, Self

from steadyline.errors import WireError

MAX_CONTROL_BYTES = 64 * 1024
MAX_INT = (1 << 63) - 1

Position = dict[str, int]
"""Names to numbers: {"sample": S} on 0, 1, 3; {"turn": t, "clause": c, "sample": s} on 0, 4, 5. {} is the beginning."""

_HIGHEST = {
    "turn": 0xFFFF_FFFF,
    "clause": 0xFFFF_FFFF,
    "clauses": 0xFFFF_FFFF,
    "call_id": 0xFFFF,
    "port": 0xFFFF,
}
"""Numbers that travel on in 4 bytes of an audio message, or make a port; all others are bounded by MAX_INT."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


_FIELDS: dict[type, tuple[tuple[str, Any], ...]] = {}


def _fields(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Names and types of a message's fields; looking them up anew for every heartbeat would cost more than its JSON."""
    known = _FIELDS.get(kind)
    if known is None:
        known = _FIELDS[kind] = tuple((item.name, item.type) for item in fields(kind))
    return known


class JsonMessage:
    """A message whose body is a JSON object with the dataclass's fields.

    Attributes:
        TYPE: frame type.
        MAX_BYTES: longest body that is read.
    """

    TYPE: ClassVar[int]
    MAX_BYTES: ClassVar[int] = MAX_CONTROL_BYTES

    def to_body(self) -> bytes:
        content = {name: getattr(self, name) for name, _ in _fields(type(self))}
        return _ENCODER.encode(content).encode("utf-8", "replace")

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        """Read a body.

        Raises:
            WireError: `bad-body`, naming the field, what was found and what is allowed.
        """
        name = cls.__name__
        if len(body) > cls.MAX_BYTES:
            raise WireError("bad-body", f"{name}: {len(body)} bytes, at most {cls.MAX_BYTES} are allowed")
        try:
            content = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise WireError("bad-body", f"{name}: not JSON: {error}") from error
        if not isinstance(content, dict):
            raise WireError("bad-body", f"{name}: a JSON {type(content).__name__}, an object is needed")
        values = {}
        for field, kind in _fields(cls):
            if field not in content:
                raise WireError("bad-body", f"{name}.{field}: missing")
            values[field] = _checked(name, field, content[field], kind)
        return cls(**values)


def _checked(parent: str, name: str, value: Any, kind: Any) -> Any:
    """`value` if it is of the dataclass field's type, else WireError."""
    where = f"{parent}.{name:.40}"
    if kind is int:
        return _checked_int(where, name, value)
    if kind is str:
        return _checked_text(where, value)
    if kind is bool and not isinstance(value, bool):
        raise WireError("bad-body", f"{where}: {value!r:.60}, true or false is needed")
    if kind is float:
        return _checked_float(where, value)
    if kind == Position:
        if not isinstance(value, dict) or len(value) > 8:
            raise WireError("bad-body", f"{where}: {value!r:.60}, an object of at most 8 numbers is needed")
        return {_checked_text(where, key): _checked(where, key, item, int) for key, item in value.items()}
    if kind == dict[str, Any] and not isinstance(value, dict):
        raise WireError("bad-body", f"{where}: {value!r:.60}, an object is needed")
    return value


def _checked_int(where: str, name: str, value: Any) -> int:
    highest = _HIGHEST.get(name, MAX_INT)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= highest:
        raise WireError("bad-body", f"{where}: {value!r:.60}, an integer from 0 to {highest} is needed")
    return value


def _checked_float(where: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WireError("bad-body", f"{where}: {value!r:.60}, a number is needed")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise WireError("bad-body", f"{where}: {value!r:.60}, a finite number is needed")
    return number


def _checked_text(where: str, value: Any) -> str:
    if not isinstance(value, str):
        raise WireError("bad-body", f"{where}: {value!r:.60}, a string is needed")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise WireError("bad-body", f"{where}: holds a lone surrogate, Unicode text is needed")
    return value
