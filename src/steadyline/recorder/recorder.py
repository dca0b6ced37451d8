"""What a process tells of its calls, as it happens. Nothing here waits, and nothing here raises into a call."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from typing import Any

from steadyline import __version__
from steadyline.recorder.folders import call_folder, is_call_uuid
from steadyline.recorder.format import (
    CLOCK_HZ,
    MAGIC,
    MICROSECONDS,
    SIP,
    Header,
    Kind,
    Origin,
    Pcm16,
    pack_json,
)
from steadyline.recorder.shapes import Message, Pack, Shape
from steadyline.recorder.sound_run import SoundRun
from steadyline.recorder.writing import Stream, Writing

MAX_CALLS = 2048
"""Calls that are remembered; of more the oldest are forgotten."""
MAX_EARLY = 100
"""Events kept of a call of which nothing is proven yet."""
JITTER = CLOCK_HZ // 50
"""Ticks by which what is played may lag before a pause is seen in it: the gateway's ticks come unevenly."""

_SHAPES: dict[type, Shape] = {}


def _harmless(tell: Callable[..., None]) -> Callable[..., None]:
    """A mistake of ours costs the recording, not the call."""

    @wraps(tell)
    def guarded(recording: "CallRecording", *arguments: Any, **detail: Any) -> None:
        try:
            tell(recording, *arguments, **detail)
        except Exception as error:
            recording.give_up(f"{tell.__name__} failed: {error!r}")

    return guarded


@dataclass(frozen=True)
class What:
    """What is recorded.

    Attributes:
        audio: the gateway's two channels.
        bodies: of frames their bodies, too, in which is what was said.
        sip: the gateway's SIP messages.
    """

    audio: bool = True
    bodies: bool = False
    sip: bool = True


class CallRecording:
    """One process's recording of one call.

    It begins with what proves that there is such a call: a connection that was opened, or the answer. Only then is there
    anything on the disk; until then events are kept, since a stranger's REGISTER causes some, too.
    """

    def __init__(self, stream: Stream, writing: Writing, wall: Callable[[], float], what: What) -> None:
        self._stream = stream
        self._writing = writing
        self._wall = wall
        self._what = what
        self._hears = what.audio
        self._known: set[type] = set()
        self._early: list[bytes] | None = []
        self._links = 0
        self._heard, self._played = SoundRun(Kind.HEARD, wall), SoundRun(Kind.PLAYED, wall)

    def __repr__(self) -> str:
        state = "dropped" if self._stream.is_dropped else "live" if self._stream.is_live else "open"
        return f"<CallRecording call={self._stream.call_id} {state}>"

    def answered(self, codec: str, rate_hz: int) -> None:
        """Gateway: the call was answered; sample 0 of its clock is now."""
        self._stream.is_live = True
        self.begin()
        self.event("answered", codec=codec, rate_hz=rate_hz)

    def ended(self, reason: str) -> None:
        """Gateway: the call is over."""
        self.flush()
        self.event("ended", reason=reason)
        self._stream.is_live = False

    def begin(self) -> None:
        """There is such a call: write what happened so far, and all that follows."""
        early, self._early = self._early, None
        for record in early or ():
            self._writing.put(self._stream, record)

    def flush(self) -> None:
        """Have the sound written that is gathered for a record."""
        for run in (self._heard, self._played):
            if record := run.take():
                self._put(record)

    def give_up(self, why: str) -> None:
        """Write no more of it."""
        self._writing.drop(self._stream, why)

    def heard(self, sample: int, rate_hz: int, samples: Pcm16) -> None:
        """Gateway: what the caller said, int16 mono at `rate_hz`, from `sample` of the call's clock (16 kHz) on."""
        if self._hears and not self._stream.is_dropped:
            self._gather(self._heard, sample, rate_hz, samples)

    def played(self, clock: int, rate_hz: int, samples: Pcm16) -> None:
        """Gateway: what has left for the caller since the last time, int16 mono at `rate_hz`.

        It has no clock in common with what is heard, but runs as evenly: without a pause it lies without a gap.

        Args:
            clock: the caller's next sample on the call's clock (16 kHz).
            rate_hz: of the samples.
            samples: of shape (n,); n may be 0.
        """
        if not self._hears or self._stream.is_dropped:
            return
        has_paused = self._played.end < clock - JITTER
        if len(samples):
            self._gather(self._played, clock if has_paused else self._played.end, rate_hz, samples)
        elif has_paused and (record := self._played.take()):
            # Not with what is said next: whoever reads the recording would not wait so long for the end of an answer.
            self._put(record)

    @_harmless
    def event(self, event: str, **detail: Any) -> None:
        """Something happened; `detail` is what JSON can hold, and no words that were said."""
        if not self._stream.is_dropped:
            self._put(pack_json(Kind.EVENT, self._now_us(), {"event": event, **detail}))

    @_harmless
    def signalled(self, at: float, is_sent: bool, message: str) -> None:
        """Gateway: a SIP message passed at `at`, Unix time in seconds; `message` is without secrets."""
        if self._what.sip and not self._stream.is_dropped:
            detail = {"event": SIP, "sent": is_sent, "message": message}
            self._put(pack_json(Kind.EVENT, int(at * MICROSECONDS), detail))

    def link(self, connection: int, peer: str, side: str) -> Callable[[bool, Message, bytes], None]:
        """A connection of the call is open; what is to be told of each frame on it: sent or received, what, its body.

        Args:
            connection: its number.
            peer: the role at the other end.
            side: this process "dials" or "accepts".
        """
        self._links += 1
        number = self._links
        self.begin()
        self.event("link", link=number, connection=connection, peer=peer, side=side)
        stream, put, wall, keeps = self._stream, self._writing.put, self._wall, self._what.bodies
        ways: tuple[dict[type, Pack], dict[type, Pack]] = ({}, {})

        def tell(is_sent: bool, message: Message, body: bytes) -> None:
            # Some hundred times a second and call: whatever does not change is made beforehand.
            if stream.is_dropped:
                return
            try:
                kind = type(message)
                pack = ways[is_sent].get(kind) or ways[is_sent].setdefault(kind, self._packing(kind, number, is_sent))
                put(stream, pack(int(wall() * MICROSECONDS), message, len(body), body if keeps else b""))
            except Exception as error:
                self.give_up(f"a frame cannot be put into words: {error!r:.200}")

        return tell

    def _packing(self, kind: type, link: int, is_sent: bool) -> Pack:
        """What makes records of such frames; before the first of its type its shape is written."""
        shape = _SHAPES.get(kind) or _SHAPES.setdefault(kind, Shape(kind))
        if kind not in self._known:
            self._known.add(kind)
            self._put(pack_json(Kind.SHAPE, self._now_us(), shape.as_dict()))
        return shape.packing(link, is_sent)

    def _gather(self, run: SoundRun, sample: int, rate_hz: int, samples: Pcm16) -> None:
        try:
            record = run.add(sample, rate_hz, samples)
        except Exception as error:
            self.give_up(f"a sound cannot be kept: {error!r:.200}")
            return
        if record:
            self._put(record)

    def _put(self, record: bytes) -> None:
        if self._early is None:
            self._writing.put(self._stream, record)
        elif len(self._early) < MAX_EARLY:
            self._early.append(record)

    def _now_us(self) -> int:
        return int(self._wall() * MICROSECONDS)


class Recorder:
    """The recorder of one process.

    Args:
        service, epoch: whose; the file is named after them.
        directory: where the folders of calls lie.
        wall: Unix time, seconds.
        writing: the queue; None: there is none.
        what: is recorded; None: nothing.
        origin: what the process runs on.
    """

    def __init__(
        self,
        service: str = "",
        epoch: int = 0,
        directory: Path = Path(),
        wall: Callable[[], float] = lambda: 0.0,
        writing: Writing | None = None,
        what: What | None = None,
        origin: Origin | None = None,
    ) -> None:
        self._service = service
        self._epoch = epoch
        self._directory = directory
        self._wall = wall
        self._writing = writing
        self._what = what
        self._origin = origin or Origin()
        self._calls: dict[str, CallRecording] = {}

    def __repr__(self) -> str:
        return f"<Recorder {'off' if self._what is None else self._directory} {len(self._calls)} calls>"

    def call(self, call_uuid: str, call_id: int) -> CallRecording | None:
        """The recording of a call; None when nothing is recorded, and for what is no call."""
        if self._writing is None or self._what is None or not is_call_uuid(call_uuid):
            return None
        known = self._calls.get(call_uuid)
        if known is None:
            if len(self._calls) >= MAX_CALLS:
                del self._calls[next(iter(self._calls))]
            stream = self._stream(call_uuid, call_id)
            known = self._calls[call_uuid] = CallRecording(stream, self._writing, self._wall, self._what)
        return known

    def ended(self, call_uuid: str, call_id: int, reason: str) -> None:
        """Gateway: the call is over."""
        recording = self.call(call_uuid, call_id)
        if recording is not None:
            recording.ended(reason)

    def close(self) -> None:
        """Write what waits."""
        for recording in self._calls.values():
            recording.flush()
        if self._writing is not None:
            self._writing.close()

    def _stream(self, call_uuid: str, call_id: int) -> Stream:
        header = Header(self._service, self._epoch, call_uuid, call_id, __version__, self._origin)
        opening = pack_json(Kind.HEADER, int(self._wall() * MICROSECONDS), asdict(header))
        folder = call_folder(self._directory, call_uuid)
        return Stream(folder, f"{self._service}-{self._epoch}", MAGIC + opening, call_id)
