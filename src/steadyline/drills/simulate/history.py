"""What happens in one simulated history, as plain data: it can be printed, kept in a file, cut down, and run again.

Times are seconds: `at_s` from the moment at which everything runs, `for_s` and `away_s` how long something lasts. An
event with `on` waits from `at_s` on for the next frame of that type (a name of `steadyline.wire.messages`) that its
service sends or is sent, `ON_WITHIN_S` at most: so the narrow moments are met that a time alone seldom meets.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args

from steadyline.errors import SteadylineError

ON_WITHIN_S = 3.0
RENDERED_WITHIN_S = 8.0
"""What is being played was rendered no longer ago, and what is lacking is rendered as soon."""
_KEEPERS = {"llama", "tts", "standby"}


class HistoryError(SteadylineError):
    """A file is not a history; says what is wrong with it."""

    exit_code = 2


@dataclass(frozen=True)
class Dial:
    """A caller dials: call number `call`, on a line of `rate_hz` (8,000, 16,000 or 48,000)."""

    at_s: float
    call: int
    rate_hz: int


@dataclass(frozen=True)
class Say:
    """The caller says something: words of `steadyline.drills.tone_speech.VOCABULARY`."""

    at_s: float
    call: int
    text: str


@dataclass(frozen=True)
class Type:
    """The caller types something, when all that they have said is on its way, and presses Enter."""

    at_s: float
    call: int
    text: str


@dataclass(frozen=True)
class Press:
    """The caller presses a key."""

    at_s: float
    call: int
    digit: str


@dataclass(frozen=True)
class HangUp:
    """The caller hangs up."""

    at_s: float
    call: int


@dataclass(frozen=True)
class Lose:
    """A service ends and is started again `away_s` later: killed as by SIGKILL, or `is_asked` to end, as by SIGTERM."""

    at_s: float
    service: str
    away_s: float
    is_asked: bool = False
    on: str = ""


@dataclass(frozen=True)
class Freeze:
    """A service stops running, as by SIGSTOP, and goes on `for_s` later; or is killed then, and starts `away_s` later."""

    at_s: float
    service: str
    for_s: float
    is_killed: bool = False
    away_s: float = 0.0
    on: str = ""


@dataclass(frozen=True)
class Replace:
    """A service freezes, another process takes its place and its ports `away_s` later, and it wakes up after `for_s`."""

    at_s: float
    service: str
    for_s: float
    away_s: float
    on: str = ""


@dataclass(frozen=True)
class Cut:
    """Nothing arrives at `other` of what `one` sends, nor the other way round unless it `is_one_way`."""

    at_s: float
    one: str
    other: str
    for_s: float
    is_one_way: bool = False


@dataclass(frozen=True)
class Slow:
    """Between two services everything takes `latency_s`, and a connection's bytes are taken at `bytes_per_s`."""

    at_s: float
    one: str
    other: str
    for_s: float
    latency_s: float
    bytes_per_s: int


@dataclass(frozen=True)
class Lossy:
    """Datagrams fare badly: `lost`, `doubled` and `late` (by up to a second, so others overtake) are shares from 0 to 1."""

    at_s: float
    for_s: float
    lost: float
    doubled: float
    late: float


@dataclass(frozen=True)
class Busy:
    """The engine of a service (whisper, llama, tts, standby) takes `takes_s` longer for everything."""

    at_s: float
    service: str
    for_s: float
    takes_s: float


Event = Dial | Say | Type | Press | HangUp | Lose | Freeze | Replace | Cut | Slow | Lossy | Busy
_EVENTS: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}


@dataclass(frozen=True)
class World:
    """What is the same throughout a history.

    Attributes:
        latency_s: of every path.
        ping_s: from heartbeat to heartbeat.
        frame_ms: the caller's audio is passed on in pieces of this length.
        disk_s: how long a journal's write takes at most, before and again after it is done.
        load_s: how long an engine takes to load.
        transcribe_s, first_word_s, word_s, speak_s: how long engines take: for an utterance, until an answer's first
            word, from word to word, for a clause.
        clauses: of each answer, 1 to 4.
        has_greeting: the agent speaks first.
        has_standby: a second TTS service runs.
        workers: engine workers of whisper and of the TTS.
        linger_s: how long llama and the TTS keep a call whose neighbour is away.
        max_ahead_s: audio made ahead of what the caller has heard.
        call_id_rest_s: how long an id of a call rests.
        barges_in: callers may interrupt.
        words_end_turns: some words of the callers end a turn sooner or later than silence alone (`turn_words/`).
        silence_s: how long a caller may say nothing before they are asked whether they are there; 0: for ever.
    """

    latency_s: float = 0.001
    ping_s: float = 0.5
    frame_ms: int = 20
    disk_s: float = 0.0
    load_s: float = 0.0
    transcribe_s: float = 0.15
    first_word_s: float = 0.1
    word_s: float = 0.01
    speak_s: float = 0.05
    clauses: int = 2
    has_greeting: bool = True
    has_standby: bool = False
    workers: int = 1
    linger_s: float = 15.0
    max_ahead_s: float = 60.0
    call_id_rest_s: float = 60.0
    barges_in: bool = True
    words_end_turns: bool = False
    silence_s: float = 0.0


@dataclass(frozen=True)
class History:
    """One history: from `seed` come only the chances that an event leaves open (which datagrams are lost, say)."""

    seed: int
    world: World
    events: tuple[Event, ...]

    @property
    def lasts_s(self) -> float:
        """When the last event is over."""
        return max((end_of(event) for event in self.events), default=0.0)


def end_of(event: Event) -> float:
    """When an event is over at the latest, with all that follows from it."""
    waits_s = ON_WITHIN_S if getattr(event, "on", "") else 0.0
    return event.at_s + waits_s + float(getattr(event, "for_s", 0.0)) + float(getattr(event, "away_s", 0.0))


def may_cost_a_clause(history: History, lost_at_s: float) -> bool:
    """Whether a voice that began a clause may be gone, or late, when a new outbound is to go on with it.

    Args:
        history: what happens.
        lost_at_s: when the former outbound was lost.
    """
    return any(
        event.at_s - RENDERED_WITHIN_S <= lost_at_s <= end_of(event) + RENDERED_WITHIN_S
        for event in history.events
        if _befalls_a_voice(event)
    )


def _befalls_a_voice(event: Event) -> bool:
    match event:
        case Lose() | Freeze() | Replace():
            return event.service in _KEEPERS
        case Cut() | Slow():
            return bool({event.one, event.other} & _KEEPERS)
        case _:
            return isinstance(event, Lossy)


def to_json(history: History) -> str:
    """A history as JSON, an event a line; what is as usual is left out."""
    events = ",\n  ".join(json.dumps({"event": type(event).__name__, **_unusual(event)}) for event in history.events)
    world = json.dumps(_unusual(history.world))
    return f'{{"seed": {history.seed},\n "world": {world},\n "events": [\n  {events}\n ]}}\n'


def from_json(text: str) -> History:
    """The history that `to_json` wrote.

    Raises:
        HistoryError: it is none.
    """
    try:
        content = json.loads(text)
        return History(content["seed"], World(**content["world"]), tuple(map(_event, content["events"])))
    except (ValueError, KeyError, TypeError) as error:
        raise HistoryError(f"this is no history of `steadyline drill simulate`: {error!r}") from error


def _unusual(part: Event | World) -> dict[str, Any]:
    """The fields that are not as they are by default."""
    return {item.name: getattr(part, item.name) for item in fields(part) if getattr(part, item.name) != item.default}


def _event(content: Mapping[str, Any]) -> Event:
    kind = _EVENTS[content["event"]]
    return kind(**{item.name: content[item.name] for item in fields(kind) if item.name in content})
