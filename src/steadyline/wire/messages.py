"""What frames mean: one dataclass a message, each with its type number (docs/wire-protocol.md, "Messages").

Control messages are UTF-8 JSON objects; a receiver ignores keys it does not know. Audio messages are binary: a fixed
header in network byte order, then little-endian samples (`wire/audio_messages.py`).
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, Self

from steadyline.wire.framing import MAX_BODY_BYTES
from steadyline.wire.json_message import MAX_CONTROL_BYTES as MAX_CONTROL_BYTES
from steadyline.wire.json_message import JsonMessage as JsonMessage
from steadyline.wire.json_message import Position as Position

PROTOCOL_VERSION = 1


class Message(Protocol):
    """Anything that travels in a frame."""

    TYPE: ClassVar[int]

    def to_body(self) -> bytes: ...

    @classmethod
    def from_body(cls, body: bytes) -> Self: ...


@dataclass(frozen=True)
class Hello(JsonMessage):
    """First frame of every connection, by the dialer: who I am, which call, and what I hold already.

    Attributes:
        version: protocol version.
        connection: 0-5, the connection of docs/architecture.md this is meant to be; 6 on a status port.
        role: the dialer's role, e.g. "whisper".
        call_id: the call; 0 on a control connection.
        call_uuid: the call's uuid; "" on a control connection.
        epoch: grows with every start of the dialer's process; a lower one than the newest is a ghost and is refused.
        resume: through where the dialer holds or has committed what flows to it.
        time_ms, nonce, mac: the proof of the shared secret (`wire/authentication.py`); 0, "" and "" without one.
    """

    TYPE: ClassVar[int] = 0x01
    version: int
    connection: int
    role: str
    call_id: int
    call_uuid: str
    epoch: int
    resume: Position = field(default_factory=dict)
    time_ms: int = 0
    nonce: str = ""
    mac: str = ""


@dataclass(frozen=True)
class Welcome(JsonMessage):
    """The listener's answer to HELLO: the connection is open, and this is committed.

    Attributes:
        role: the listener's role.
        epoch: of the listener's process.
        committed: through where the listener holds or has committed what flows to it.
        mac: the listener's proof of the shared secret, bound to the HELLO; "" without one.
    """

    TYPE: ClassVar[int] = 0x02
    role: str
    epoch: int
    committed: Position = field(default_factory=dict)
    mac: str = ""


@dataclass(frozen=True)
class Refused(JsonMessage):
    """The listener's other answer: why not (`code` for programs, `text` for people). The connection is closed after it.

    `mac` as in WELCOME, where it answers a HELLO.
    """

    TYPE: ClassVar[int] = 0x03
    code: str
    text: str
    mac: str = ""


@dataclass(frozen=True)
class Bye(JsonMessage):
    """The call (or the sender's part in it) is over on purpose: nothing is to be healed."""

    TYPE: ClassVar[int] = 0x04
    reason: str


class _Heartbeat(JsonMessage):
    """Sixteen a second on each side of each connection: what is written as we write it is read without a JSON parser."""

    number: int

    def to_body(self) -> bytes:
        return b'{"number":%d}' % self.number

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        digits = body[10:-1]
        if (
            body[:10] == b'{"number":'
            and body[-1:] == b"}"
            and digits.isdigit()
            and len(digits) < 19
            and digits[:1] != b"0"
        ):
            return cls(number=int(digits))  # type: ignore[call-arg]
        return super().from_body(body)


@dataclass(frozen=True)
class Ping(_Heartbeat):
    """Are you there? Answered at once by a PONG with the same number."""

    TYPE: ClassVar[int] = 0x05
    number: int


@dataclass(frozen=True)
class Pong(_Heartbeat):
    """Answer to PING."""

    TYPE: ClassVar[int] = 0x06
    number: int


@dataclass(frozen=True)
class PipelineState(JsonMessage):
    """Whether all that lies behind the sender is in place for this call; travels from the TTS up to the gateway (4, 3, 1, 0).

    Attributes:
        ready: everything is.
        waiting_for: what is missing first, e.g. "llama: loading", for people; "" when ready.
    """

    TYPE: ClassVar[int] = 0x07
    ready: bool
    waiting_for: str


@dataclass(frozen=True)
class SpeechStarted(JsonMessage):
    """Inbound to whisper (1): an utterance begins at sample index `start` (pre-roll included)."""

    TYPE: ClassVar[int] = 0x21
    start: int


@dataclass(frozen=True)
class SpeechEnded(JsonMessage):
    """Inbound to whisper (1): the utterance [start, end) is over, or perhaps is.

    Attributes:
        start: sample index of its first sample.
        end: sample index after its last sample, so far.
        revision: number of the pause in this utterance, from 1; 0 when none was told before its end.
        final: it is over. If not, only silence comes between this and the final one of the same revision.
    """

    TYPE: ClassVar[int] = 0x22
    start: int
    end: int
    revision: int
    final: bool


@dataclass(frozen=True)
class SpeechResumed(JsonMessage):
    """Inbound to whisper (1): the caller went on within the utterance that began at `start`; that pause was none."""

    TYPE: ClassVar[int] = 0x24
    start: int
    revision: int


@dataclass(frozen=True)
class Hypothesis(JsonMessage):
    """Whisper to inbound (1): the words of an utterance through its pause `revision`. They may be forgotten any time."""

    TYPE: ClassVar[int] = 0x25
    start: int
    revision: int
    text: str


@dataclass(frozen=True)
class Committed(JsonMessage):
    """The caller's audio through `sample` is safe in LLaMA's journal; travels up 3, 1 and 0. Senders may forget it.

    Attributes:
        sample: end of the newest turn that was taken.
        turn: the newest turn through there that had words, so that it is answered; 0 when none had.
    """

    TYPE: ClassVar[int] = 0x23
    sample: int
    turn: int


@dataclass(frozen=True)
class Turn(JsonMessage):
    """Whisper to LLaMA (3): what the caller said.

    Attributes:
        start, end: the sample range [start, end) that it covers: its identity.
        revision, final: as in SpeechEnded; only what is final is committed. What is not is to be prepared for.
        text: the words; "" when nothing was said after all (the range is committed all the same), or, of one that is not
            final, when there is nothing to prepare any more.
        language: ISO 639-1 code, or "".
        transcribed_ms: time that the recogniser took.
    """

    TYPE: ClassVar[int] = 0x30
    start: int
    end: int
    revision: int
    final: bool
    text: str
    language: str
    transcribed_ms: float


@dataclass(frozen=True)
class Clause(JsonMessage):
    """LLaMA to TTS (4): speak this. Identity: (turn, clause); turn 0 is the greeting, clauses count from 0."""

    TYPE: ClassVar[int] = 0x40
    turn: int
    clause: int
    text: str
    language: str


@dataclass(frozen=True)
class AnswerEnded(JsonMessage):
    """The answer of a turn has this many clauses; travels LLaMA → TTS → outbound (4, 5).

    Attributes:
        ends_call: when its last clause was heard to its end, and the caller has said nothing else, the call is over.
    """

    TYPE: ClassVar[int] = 0x41
    turn: int
    clauses: int
    ends_call: bool


@dataclass(frozen=True)
class Cancel(JsonMessage):
    """Do not speak the rest of this turn; travels LLaMA → TTS → outbound (4, 5)."""

    TYPE: ClassVar[int] = 0x42
    turn: int


@dataclass(frozen=True)
class Heard(JsonMessage):
    """How far the answers got; travels outbound → TTS → LLaMA (5, 4).

    Attributes:
        complete: {"turn", "clause"} of the last clause that outbound has all of; {} when none.
        played: {"turn", "clause", "sample"} that left the gateway; `sample` counts at the line's rate. {} when none.
    """

    TYPE: ClassVar[int] = 0x43
    complete: Position
    played: Position


@dataclass(frozen=True)
class Prepare(JsonMessage):
    """LLaMA to TTS (4): this may have to be spoken soon. It has no identity and may be forgotten any time."""

    TYPE: ClassVar[int] = 0x44
    text: str
    language: str


@dataclass(frozen=True)
class Rendered(JsonMessage):
    """TTS to LLaMA (4): the voice is done with this text, of a `Clause` or a `Prepare`. Nothing hangs on its arrival."""

    TYPE: ClassVar[int] = 0x45
    text: str


@dataclass(frozen=True)
class StatusRequest(JsonMessage):
    """Operator to any service on its status port: how are you?"""

    TYPE: ClassVar[int] = 0x60
    details: bool


@dataclass(frozen=True)
class StatusReply(JsonMessage):
    """Answer to StatusRequest: the service's state as docs/operations.md describes it; grows with the number of calls."""

    TYPE: ClassVar[int] = 0x61
    MAX_BYTES: ClassVar[int] = MAX_BODY_BYTES
    status: dict[str, Any]
