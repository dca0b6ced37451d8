"""Outbound: the answer's audio to the line's rate, in order, kept queued in the gateway; no clock of its own.

The gateway's C clock paces: it reports its cursor, and outbound tops its queue up to `outbound.queue_ms`.
"""

from collections.abc import Callable
from typing import Any

from steadyline.audio.cursor import Cursor
from steadyline.audio.pcm import to_pcm16
from steadyline.audio.playout import PlayoutQueue
from steadyline.audio.resampling import StreamResampler
from steadyline.config import Config
from steadyline.connections import GATEWAY_OUTBOUND, REGISTER_TTS, TTS_OUTBOUND
from steadyline.link.network import DatagramPort
from steadyline.link.runtime import Runtime
from steadyline.services.processor import ProcessorCall, ProcessorPlace, ProcessorService
from steadyline.wire import audio_messages, messages
from steadyline.wire.messages import CallStarted, Message, Position, Welcome


def outbound_service(runtime: Runtime, config: Config) -> ProcessorService:
    """The outbound audio processor."""
    base, register_port = config.outbound.audio_port_base, config.tts.register_port
    place = ProcessorPlace(GATEWAY_OUTBOUND, TTS_OUTBOUND, REGISTER_TTS, base, register_port)

    def make_call(started: CallStarted, udp: DatagramPort) -> OutboundCall:
        return OutboundCall(runtime, config, place, started, udp)

    return ProcessorService(runtime, config, place, make_call)


class OutboundCall(ProcessorCall):
    """One call's answers on their way to the gateway."""

    def __init__(
        self, runtime: Runtime, config: Config, place: ProcessorPlace, started: CallStarted, udp: DatagramPort
    ) -> None:
        super().__init__(runtime, config, place, started, udp)
        self._settings = config.outbound
        self._playout: Playout | None = None
        self._early: list[Message] = []

    def details(self) -> dict[str, Any]:
        return {"queued_s": round(self._playout.queued_s, 3) if self._playout else 0.0}

    def committed(self) -> Position:
        return self._playout.complete if self._playout else {}

    def line_opened(self, welcome: Welcome) -> None:
        accepted = _cursor(welcome.committed)
        if self._playout is not None:
            self._playout.line_reopened(accepted)
        elif "line_rate_hz" in welcome.committed:
            self._start_playout(welcome.committed["line_rate_hz"], accepted)

    def from_line(self, message: Message) -> None:
        if isinstance(message, messages.Answered):
            if self._playout is None or self._playout.rate_hz != message.line_rate_hz:
                self._start_playout(message.line_rate_hz, None)
        elif isinstance(message, audio_messages.Cursor) and self._playout is not None:
            self._playout.cursor(message)
            self._report()

    def from_engine(self, message: Message) -> None:
        if self._playout is None:
            self._early.append(message)
        elif isinstance(message, audio_messages.ClauseAudio):
            self._playout.clause_audio(message)
            self._report()
        elif isinstance(message, messages.Cancel):
            self._playout.cancel(message.turn)

    def engine_closed(self, reason: str) -> None:
        self._early.clear()
        if self._playout is not None:
            self._playout.discard_incomplete()

    def _start_playout(self, rate_hz: int, accepted: Cursor | None) -> None:
        """The line's rate is known: make the queue, and give it what came before.

        When it is another rate than before, the TTS is made to connect anew, which brings what was not yet played.
        """
        if self._playout is not None:
            accepted = self._playout.played_at(rate_hz)
            if self.engine is not None:
                self.engine.drop("the line's rate changed")
        self._playout = Playout(rate_hz, self._settings.queue_ms, self.line.send)
        if accepted is not None:
            self._playout.resume(accepted)
        early, self._early = self._early, []
        for message in early:
            self.from_engine(message)

    def _report(self) -> None:
        """Tell the TTS, and through it LLaMA, what is complete and what was heard."""
        if self._playout is not None and self.engine is not None:
            for heard in self._playout.take_reports():
                self.engine.send(heard)


NOWHERE = (0, 0, 0)
REPORT_S = 0.25
"""While a clause is played, how often its progress is reported, seconds."""


class Playout:
    """The queue of one call on its way to the gateway, paced by the gateway's cursor.

    Args:
        rate_hz: the line's rate.
        queue_ms: audio to keep queued in the gateway.
        send: sends to the gateway; False when it is not there.
    """

    def __init__(self, rate_hz: int, queue_ms: int, send: Callable[[Message], bool]) -> None:
        self.rate_hz = rate_hz
        self._target = rate_hz * queue_ms // 1000
        self._send = send
        self._queue = PlayoutQueue(rate_hz, rate_hz // 50)
        self._resampler: tuple[int, int, StreamResampler] | None = None
        self._sent = self._received = self._buffered = 0
        self._complete: tuple[int, int] | None = None
        self._played = NOWHERE
        self._ends: dict[tuple[int, int], int] = {}
        self._reports: list[messages.Heard] = []
        self._reported_played = NOWHERE

    @property
    def queued_s(self) -> float:
        """Seconds of audio waiting here."""
        return self._queue.queued_samples / self.rate_hz

    @property
    def complete(self) -> Position:
        """The last clause that is here as a whole, as a position on the wire; {} when none is."""
        return {} if self._complete is None else {"turn": self._complete[0], "clause": self._complete[1]}

    def played_at(self, rate_hz: int) -> Cursor | None:
        """What the caller has heard, as a position at another rate of the line; None at the beginning."""
        turn, clause, sample = self._played
        return Cursor(turn, clause, round(sample * rate_hz / self.rate_hz)) if sample else None

    def clause_audio(self, audio: audio_messages.ClauseAudio) -> None:
        """Take a chunk; a clause that is complete already is dropped by the queue."""
        known = self._resampler
        if known is None or known[:2] != (audio.turn, audio.clause) or audio.chunk_id == 0:
            known = self._resampler = (audio.turn, audio.clause, StreamResampler(audio.rate_hz, self.rate_hz))
        resampler = known[2]
        self._queue.append(audio.turn, audio.clause, to_pcm16(resampler.process(audio.samples)))
        if audio.last:
            self._queue.append(audio.turn, audio.clause, to_pcm16(resampler.flush()))
            if self._queue.complete(audio.turn, audio.clause):
                self._complete = max(self._complete or (0, 0), (audio.turn, audio.clause))
                self._report(self._played)
            self._top_up()

    def cursor(self, cursor: audio_messages.Cursor) -> None:
        """The gateway's cursor moved."""
        self._received, self._buffered, self._played = cursor.received, cursor.buffered, cursor.played
        for turn, clause in [identity for identity in self._ends if identity < self._played[:2]]:
            self._report((turn, clause, self._ends.pop((turn, clause))))
        is_new_clause = self._played[:2] != self._reported_played[:2]
        advanced = self._played[2] - self._reported_played[2]
        if self._played != self._reported_played and (
            is_new_clause or advanced >= REPORT_S * self.rate_hz or not self._buffered
        ):
            self._report(self._played)
        self._top_up()

    def line_reopened(self, accepted: Cursor | None) -> None:
        """The gateway's connection is new: go on after what it accepted."""
        self._sent = self._received = self._buffered = 0
        if accepted is not None:
            self.resume(accepted)
        self._top_up()

    def resume(self, accepted: Cursor) -> None:
        """Go on after a position that the gateway accepted."""
        self._queue.resume_after(accepted.turn, accepted.clause, accepted.sample)

    def cancel(self, turn: int) -> None:
        """Drop what is left of a turn."""
        self._queue.cancel(turn)

    def discard_incomplete(self) -> None:
        """The TTS is gone: what it left unfinished will be rendered anew."""
        self._resampler = None
        self._queue.discard_incomplete()

    def take_reports(self) -> list[messages.Heard]:
        """What to report since the last time: clauses that became complete, and how far each was played."""
        reports, self._reports = self._reports, []
        return reports

    def _report(self, played: tuple[int, int, int]) -> None:
        self._reported_played = played
        turn, clause, sample = played
        position = {"turn": turn, "clause": clause, "sample": sample} if sample else {}
        self._reports.append(messages.Heard(self.complete, position))

    def _top_up(self) -> None:
        missing = self._target - self._buffered - (self._sent - self._received)
        if missing <= 0:
            return
        for piece in self._queue.take(missing):
            self._sent += len(piece.samples)
            if piece.last:
                self._ends[(piece.turn, piece.clause)] = piece.end_sample
            self._send(audio_messages.LineAudio(piece.turn, piece.clause, piece.end_sample, piece.last, piece.samples))


def _cursor(position: Position) -> Cursor | None:
    """The playout position in a WELCOME; None at the beginning."""
    if "sample" not in position:
        return None
    return Cursor(position.get("turn", 0), position.get("clause", 0), position["sample"])
