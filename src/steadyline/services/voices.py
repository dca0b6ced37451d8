"""Connection 4 of one call: to the voice and to its standby; every clause goes to the one that speaks.

The standby takes over at once, in the middle of an answer too: it gets what outbound has not got as a whole. Back to the
primary voice it goes between two answers, when that one has been ready for a while.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from steadyline.clock import TimerHandle
from steadyline.config import Config
from steadyline.connections import LLAMA_STANDBY, LLAMA_TTS, Connection
from steadyline.link.dialer import Dialer, DialerEvents
from steadyline.link.network import Address
from steadyline.link.runtime import Runtime
from steadyline.wire import messages
from steadyline.wire.messages import PROTOCOL_VERSION, Hello, Message, PipelineState, Welcome
from steadyline.wire.outbox import Outbox
from steadyline.wire.session import Closed, SessionState

KEPT_CLAUSES = 500
LAST_CLAUSE = 1 << 30
GRACE_S = 0.5
"""A new session waits so long for the first voice's word before it lets the standby speak."""


@dataclass
class _Voice:
    """One voice: its connection and what it says of itself."""

    connection: Connection
    address: Address
    state: PipelineState = field(default=PipelineState(False, "tts: not connected"))
    ready_since: float | None = None
    redial: TimerHandle | None = None
    dialer: Dialer = field(init=False)

    @property
    def is_ready(self) -> bool:
        return self.dialer.is_open and self.state.ready


class Voices:
    """The voices of one call, in the order in which they are wanted.

    Args:
        runtime, config: surroundings.
        call_id, call_uuid: the call.
        on_state: the voices' state changed.
        on_played: told what the caller has heard: "turn", "clause", "sample", and "of" so many samples where that is known.
        on_rendered: told each text that a voice is done with.
    """

    def __init__(
        self,
        runtime: Runtime,
        config: Config,
        call: tuple[int, str],
        on_state: Callable[[], None],
        on_played: Callable[[messages.Position], None],
        on_rendered: Callable[[str], None],
    ) -> None:
        self._runtime = runtime
        self._call_id, self._call_uuid = call
        self._probation_s = config.llama.failback_after_s
        self._language = config.llama.language
        self._on_state = on_state
        self._on_played = on_played
        self._on_rendered = on_rendered
        self._kept: Outbox[tuple[int, ...], Message] = Outbox(KEPT_CLAUSES)
        self._complete: tuple[int, int] = (-1, -1)
        host = config.network.host
        self._voices = [_Voice(LLAMA_TTS, (host, config.tts.port))]
        if config.standby.engine:
            self._voices.append(_Voice(LLAMA_STANDBY, (host, config.standby.port)))
        self._speaking = self._voices[0]
        self._grace: TimerHandle | None = None
        for voice in self._voices:
            voice.dialer = self._dialer(voice)

    @property
    def state(self) -> PipelineState:
        """Whether the call can be spoken to; if not, what the primary voice lacks."""
        if any(voice.is_ready for voice in self._voices):
            return PipelineState(True, "")
        return PipelineState(False, self._voices[0].state.waiting_for)

    @property
    def speaking(self) -> str:
        """The role that clauses go to: "tts" or "standby"."""
        return self._speaking.connection.listener

    def start(self) -> None:
        """Dial."""
        for voice in self._voices:
            voice.dialer.start()
        self._grace = self._runtime.clock.call_at(self._runtime.clock.now() + GRACE_S, self._end_grace)

    def nudge(self) -> None:
        """A neighbour has come: try at once."""
        for voice in self._voices:
            voice.dialer.nudge()

    def close(self, reason: str) -> None:
        """The call is over: BYE."""
        self._let_go()
        for voice in self._voices:
            voice.dialer.close(reason)

    def abandon(self) -> None:
        """This process stops, the call goes on: no BYE."""
        self._let_go()
        for voice in self._voices:
            voice.dialer.abandon()

    def begin_answer(self) -> None:
        """A new answer is about to come: the moment to go back to a voice that is wanted more."""
        if not any(isinstance(message, messages.Clause) for message in self._kept.after(self._complete)):
            self._speak_by(self._best(self._probation_s))

    def say(self, position: tuple[int, int], message: Message) -> None:
        """Keep until it was played (outbound and its voice may die together), and give it to the voice that speaks."""
        self._kept.put(position, message)
        self._speaking.dialer.send(message)

    def cancel(self, turn: int) -> None:
        """The answers to this turn and to those before are over: nothing of them is said any more."""
        end = (turn, LAST_CLAUSE)
        self._kept.commit(end)
        self.say(end, messages.Cancel(turn))

    def prepare(self, text: str) -> None:
        """Perhaps this is to be said soon: let the voice that speaks render it, if it can."""
        self._speaking.dialer.send(messages.Prepare(text, self._language))

    def _best(self, ready_for_s: float) -> _Voice:
        """The first voice that is ready: the one that speaks now, or one that has been ready for so long."""
        now = self._runtime.clock.now()
        for voice in self._voices:
            since = voice.ready_since
            is_sound = voice is self._speaking or (since is not None and now - since >= ready_for_s)
            if voice.is_ready and is_sound:
                return voice
        return self._speaking

    def _speak_by(self, voice: _Voice) -> None:
        """Let a voice speak from here on; it gets whatever outbound lacks."""
        if voice is self._speaking:
            return
        self._speaking = voice
        lacking = sum(isinstance(message, messages.Clause) for message in self._kept.after(self._complete))
        self._runtime.log.warning(
            "%s speaks now, with %d clauses to make up for",
            voice.connection.listener,
            lacking,
            extra={"call_id": self._call_id},
        )
        for message in self._kept.after(None):
            voice.dialer.send(message)

    def _let_go(self) -> None:
        if self._grace is not None:
            self._grace.cancel()
        for voice in self._voices:
            if voice.redial is not None:
                voice.redial.cancel()

    def _end_grace(self) -> None:
        self._grace = None
        self._stand_in()

    def _stand_in(self) -> None:
        """When the voice that speaks cannot, another one that can takes over at once."""
        if self._grace is None and not self._speaking.is_ready:
            self._speak_by(self._best(0.0))

    def _dialer(self, voice: _Voice) -> Dialer:
        events = DialerEvents(
            lambda: self._hello(voice),
            lambda welcome: self._opened(voice, welcome),
            lambda message: self._received(voice, message),
            lambda reason: self._lost(voice, reason),
            lambda closed: self._ended(voice, closed),
        )
        return Dialer(self._runtime, voice.connection, self._call_id, voice.address, events)

    def _hello(self, voice: _Voice) -> Hello:
        connection, epoch = voice.connection.number, self._runtime.epoch
        return Hello(PROTOCOL_VERSION, connection, "llama", self._call_id, self._call_uuid, epoch)

    def _opened(self, voice: _Voice, welcome: Welcome) -> None:
        known = _clause(welcome.committed)
        self._note_complete(known)
        if voice is self._speaking:
            voice.dialer.send_again(self._kept.after(known))

    def _received(self, voice: _Voice, message: Message) -> None:
        if isinstance(message, PipelineState):
            self._told(voice, message)
        elif isinstance(message, messages.Rendered):
            self._on_rendered(message.text)
        elif isinstance(message, messages.Heard):
            self._note_complete(_clause(message.complete))
            played = message.played
            if "sample" in played:
                self._kept.commit((played.get("turn", 0), played.get("clause", 0) - 1))
                self._on_played(played)

    def _lost(self, voice: _Voice, reason: str) -> None:
        self._told(voice, PipelineState(False, f"{voice.connection.listener}: {reason}"))

    def _ended(self, voice: _Voice, closed: Closed) -> None:
        """The voice has ended its session (its outbound was away for long, say), but only the gateway ends calls."""
        self._lost(voice, closed.reason)
        if closed.state is SessionState.ENDED:
            delay_s = self._runtime.retry.slow_delay_s
            voice.redial = self._runtime.clock.call_at(self._runtime.clock.now() + delay_s, lambda: self._redial(voice))

    def _redial(self, voice: _Voice) -> None:
        voice.redial = None
        voice.dialer.abandon()
        voice.dialer = self._dialer(voice)
        voice.dialer.start()

    def _told(self, voice: _Voice, state: PipelineState) -> None:
        """A voice's state changed."""
        if not state.ready:
            voice.ready_since = None
        elif voice.ready_since is None:
            voice.ready_since = self._runtime.clock.now()
        voice.state = state
        if voice is self._speaking and state.ready and self._grace is not None:
            self._grace.cancel()
            self._grace = None
        self._stand_in()
        self._on_state()

    def _note_complete(self, complete: tuple[int, int] | None) -> None:
        self._complete = max(self._complete, complete or self._complete)


def _clause(position: messages.Position) -> tuple[int, int] | None:
    """The clause in a position on the wire; None at the beginning."""
    return (position.get("turn", 0), position["clause"]) if "clause" in position else None
