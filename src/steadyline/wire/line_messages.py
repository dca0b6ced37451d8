"""The messages of connection 0 without audio: calls that begin and end, and what goes on in one."""

from dataclasses import dataclass
from typing import ClassVar

from steadyline.wire.json_message import JsonMessage, Position


@dataclass(frozen=True)
class CallStarted(JsonMessage):
    """Gateway to a processor on its control connection: a call; bind its port and dial its own connection 0."""

    TYPE: ClassVar[int] = 0x10
    call_id: int
    call_uuid: str
    peer: str
    line_rate_hz: int


@dataclass(frozen=True)
class CallEnded(JsonMessage):
    """Gateway to a processor on its control connection: that call is over, or its id was given up before the answer."""

    TYPE: ClassVar[int] = 0x11
    call_id: int
    call_uuid: str
    reason: str


@dataclass(frozen=True)
class PortTaken(JsonMessage):
    """Processor to gateway on its control connection: the port of this call id is somebody else's; try the next id."""

    TYPE: ClassVar[int] = 0x12
    call_id: int
    call_uuid: str
    port: int


@dataclass(frozen=True)
class Answered(JsonMessage):
    """Gateway to the processors on connection 0: the call was answered; the line's rate is this."""

    TYPE: ClassVar[int] = 0x13
    codec: str
    line_rate_hz: int


@dataclass(frozen=True)
class Digit(JsonMessage):
    """The caller pressed a key (RFC 4733 or SIP INFO); travels from the gateway down 0, 1 and 3."""

    TYPE: ClassVar[int] = 0x14
    digit: str
    duration_ms: int
    sample: int


@dataclass(frozen=True)
class TypedText(JsonMessage):
    """The caller typed a line and is done; travels from the gateway down 0, 1 and 3, in its place among the audio.

    Attributes:
        text: one line, cleaned, not empty.
        sample: the turn is the range [sample - 1, sample) of the call's clock; no audio that came before reaches into it.
    """

    TYPE: ClassVar[int] = 0x71
    text: str
    sample: int


@dataclass(frozen=True)
class CallerSpeech(JsonMessage):
    """Inbound to gateway (0): the caller began to speak at `sample`, or has said something that ends there."""

    TYPE: ClassVar[int] = 0x15
    is_speaking: bool
    sample: int


@dataclass(frozen=True)
class BargeIn(JsonMessage):
    """Inbound to gateway (0): the caller may be interrupting since `sample`: hold the playback; or it was nothing: go on."""

    TYPE: ClassVar[int] = 0x1C
    is_interrupting: bool
    sample: int


@dataclass(frozen=True)
class Playback(JsonMessage):
    """Gateway to outbound (0): hold the playback, or go on; outbound echoes it when it has done so.

    Attributes:
        number: grows with each of them within a call. Audio that comes before the echo of the newest is not played.
        is_held: send nothing until told to go on.
        first_turn: answers to turns before this one are over.
        accepted: {"turn", "clause", "sample", "rendering", "ended"} through which the answer counts as taken, from which
            it goes on; {} before its first sound.
    """

    TYPE: ClassVar[int] = 0x1D
    number: int
    is_held: bool
    first_turn: int
    accepted: Position


@dataclass(frozen=True)
class AnswerOwed(JsonMessage):
    """Gateway to outbound (0): the caller waits for an answer, since `for_ms` milliseconds ago, or does not any more."""

    TYPE: ClassVar[int] = 0x16
    is_owed: bool
    for_ms: int


@dataclass(frozen=True)
class CallerSilent(JsonMessage):
    """Gateway to outbound (0): the caller says nothing and is owed nothing, or that is not so any more.

    Attributes:
        is_silent: it is so; False also while there is no inbound to tell whether the caller speaks.
        for_ms: since so many milliseconds ago: the last sign of the caller, or the end of what they heard last.
        prompts: how often they were asked since they last said words or pressed a key whether they are there.
    """

    TYPE: ClassVar[int] = 0x70
    is_silent: bool
    for_ms: int
    prompts: int


@dataclass(frozen=True)
class HangUp(JsonMessage):
    """Outbound to gateway (0): end the call when what is queued was heard."""

    TYPE: ClassVar[int] = 0x17
    reason: str


@dataclass(frozen=True)
class EchoLearned(JsonMessage):
    """Inbound to gateway (0): what it knew of the line's echo at the end of an utterance; a new inbound gets it back.

    Attributes:
        sample: end of the utterance.
        levels: what `EchoGuard.restore` takes; the gateway does not look into it.
    """

    TYPE: ClassVar[int] = 0x1F
    sample: int
    levels: str
