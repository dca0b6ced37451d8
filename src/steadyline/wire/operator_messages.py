"""What an operator follows, and has the supervisor or the gateway do (connection 6). What is only asked: `wire/messages.py`."""

from dataclasses import dataclass
from typing import ClassVar

from steadyline.wire.json_message import JsonMessage


@dataclass(frozen=True)
class ChildRequest(JsonMessage):
    """Operator to supervisor (6): do this to one of your services.

    Attributes:
        action: "restart", and, where drills are allowed (`console.drills`), "kill" and "freeze".
        service: its name, as `steadyline status` has it.
    """

    TYPE: ClassVar[int] = 0x62
    action: str
    service: str


@dataclass(frozen=True)
class ChildReply(JsonMessage):
    """Answer to ChildRequest: whether it is done, and why not, for people."""

    TYPE: ClassVar[int] = 0x63
    done: bool
    text: str


@dataclass(frozen=True)
class TypedLine(JsonMessage):
    """Operator to gateway (6): the caller typed this.

    Attributes:
        sip_call_id: the call, by its Call-ID header.
        number: of the line within the call, growing from 1; one that was taken already is not taken again.
        text: as it was typed.
    """

    TYPE: ClassVar[int] = 0x64
    sip_call_id: str
    number: int
    text: str


@dataclass(frozen=True)
class TypedReply(JsonMessage):
    """Answer to TypedLine: whether it is taken. `text`: the line as it counts; if it is not taken why not, for people."""

    TYPE: ClassVar[int] = 0x65
    taken: bool
    text: str


@dataclass(frozen=True)
class StatusFollow(JsonMessage):
    """Operator to any service (6): StatusReply now, and again whenever something in it is another, until this connection ends."""

    TYPE: ClassVar[int] = 0x66
