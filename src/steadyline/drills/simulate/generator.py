"""A history from a seed: the same seed makes the same history, today and on every machine.

Most histories are one caller, two questions and a few faults close to one another; that is where things go wrong, and
short histories run fast. Faults fall where something is under way: most of those that can wait for a message of the
protocol do so.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from steadyline.drills.simulate.engines import BACKCHANNEL, BROKEN
from steadyline.drills.simulate.history import (
    Busy,
    Cut,
    Dial,
    Event,
    Freeze,
    HangUp,
    History,
    Lose,
    Lossy,
    Press,
    Replace,
    Say,
    Slow,
    Type,
    World,
)

NEIGHBOURS = (
    ("gateway", "inbound"),
    ("gateway", "outbound"),
    ("inbound", "whisper"),
    ("whisper", "llama"),
    ("llama", "tts"),
    ("tts", "outbound"),
)
NEIGHBOURS_OF_STANDBY = (("llama", "standby"), ("standby", "outbound"))
BEHIND_THE_GATEWAY = ("inbound", "outbound", "whisper", "llama", "tts")
WITH_ENGINES = ("whisper", "llama", "tts")
MESSAGES = {
    "inbound": ("SpeechStarted", "SpeechAudio", "SpeechEnded", "Committed", "CallerAudio", "Welcome"),
    "outbound": ("ClauseAudio", "LineAudio", "Cursor", "Heard", "Welcome", "Hello"),
    "whisper": ("SpeechStarted", "SpeechEnded", "Turn", "Committed", "Hello", "Welcome"),
    "llama": ("Turn", "Committed", "Clause", "AnswerEnded", "Heard", "Hello", "Welcome"),
    "tts": ("Clause", "ClauseAudio", "AnswerEnded", "Heard", "Hello", "Welcome"),
    "standby": ("Clause", "ClauseAudio", "AnswerEnded", "Heard", "Hello", "Welcome"),
}
"""What a service sends or is sent: moments at which losing it may hurt."""

WORDS_OF_CALLS = (
    ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel"),
    ("india", "juliett", "kilo", "lima", "mike", "november", "oscar", "papa"),
    ("quebec", "romeo", "sierra", "tango", "uniform", "victor", "whiskey", "xray"),
)
"""What callers say: each word once in a call, and no word of another call's."""

SEVERAL_FAULTS_WITHIN_S = 1.0
BARGES_IN = 0.85
BACKCHANNELS = 0.15
WORDS_END_TURNS = 0.7
"""In so many histories words decide when a turn is over; in the others silence alone."""
TYPED = 0.15
"""So much of what callers ask is typed instead of spoken; half of that meets somebody's death on its way."""
TYPED_ON_ITS_WAY = ("inbound", "whisper", "llama")


def history_of(seed: int) -> History:
    """The history of a seed."""
    chance = random.Random(f"history {seed}")
    world = _world(chance)
    calls = chance.choices((1, 2, 3), (70, 22, 8))[0]
    events = [event for call in range(calls) for event in _call(chance, call)]
    talked_s = max(event.at_s for event in events) + 2.0
    events += _Faults(chance, world).make(talked_s)
    listening = random.Random(f"listening {seed}")
    world = replace(
        world,
        barges_in=listening.random() < BARGES_IN,
        words_end_turns=random.Random(f"words {seed}").random() < WORDS_END_TURNS,
        silence_s=random.Random(f"silence {seed}").choice((0.0, 2.0, 4.0, 12.0)),
    )
    events += _backchannels(listening, events)
    events = _typed(random.Random(f"typing {seed}"), events)
    return History(seed, world, tuple(sorted(events, key=lambda event: event.at_s)))


def _backchannels(chance: random.Random, events: Sequence[Event]) -> list[Event]:
    """Some callers say "go on" while they are answered."""
    asked = [event for event in events if isinstance(event, Say) and chance.random() < BACKCHANNELS]
    return [Say(_seconds(event.at_s + chance.uniform(0.8, 3.0)), event.call, BACKCHANNEL) for event in asked]


def _typed(chance: random.Random, events: Sequence[Event]) -> list[Event]:
    """Some callers type what they ask."""
    changed: list[Event] = []
    for event in events:
        if not isinstance(event, Say) or event.text == BACKCHANNEL or chance.random() >= TYPED:
            changed.append(event)
            continue
        changed.append(Type(event.at_s, event.call, event.text))
        if chance.random() < 0.5:
            changed.append(Lose(event.at_s, chance.choice(TYPED_ON_ITS_WAY), _away(chance), on="TypedText"))
    return changed


def _world(chance: random.Random) -> World:
    return World(
        latency_s=chance.choice((0.0005, 0.001, 0.005, 0.03)),
        ping_s=chance.choice((0.25, 0.5, 0.5, 0.5)),
        frame_ms=chance.choice((20, 40)),
        disk_s=chance.choice((0.0, 0.005, 0.05, 0.1)),
        load_s=chance.choice((0.0, 0.0, 0.3)),
        transcribe_s=_between(chance, 0.02, 0.4),
        first_word_s=_between(chance, 0.01, 0.4),
        word_s=chance.choice((0.0, 0.01, 0.03, 0.1)),
        speak_s=_between(chance, 0.01, 0.4),
        clauses=chance.choice((1, 2, 2, 3, 4)),
        has_greeting=chance.random() < 0.7,
        has_standby=chance.random() < 0.5,
        workers=chance.choice((1, 2)),
        linger_s=chance.choice((3.0, 15.0)),
        max_ahead_s=chance.choice((1.0, 5.0, 60.0)),
        call_id_rest_s=chance.choice((2.0, 60.0)),
    )


def _call(chance: random.Random, call: int) -> list[Event]:
    """One caller: dials, asks, presses keys, and hangs up in the middle of it or never."""
    at_s = 0.0 if call == 0 else _between(chance, 0.0, 4.0)
    events: list[Event] = [Dial(at_s, call, chance.choice((8_000, 16_000, 16_000, 16_000, 48_000)))]
    words = list(WORDS_OF_CALLS[call])
    for _ in range(chance.choice((1, 1, 2, 2, 3))):
        at_s = _seconds(at_s + chance.choice((0.4, 1.5, 3.0)) + chance.uniform(0.0, 1.0))
        count = chance.choice((1, 1, 2))
        text = " ".join(words.pop(0) for _ in range(count))
        events.append(Say(at_s, call, BROKEN if chance.random() < 0.04 else text))
        if chance.random() < 0.15:
            events.append(Press(_seconds(at_s + chance.uniform(0.0, 2.0)), call, chance.choice("0123456789*#")))
    if chance.random() < 0.3:
        events.append(HangUp(_seconds(at_s + chance.uniform(-1.0, 4.0)), call))
    return events


class _Faults:
    """What goes wrong in one history."""

    def __init__(self, chance: random.Random, world: World) -> None:
        self._chance = chance
        self._services = (*BEHIND_THE_GATEWAY, *(("standby",) if world.has_standby else ()))
        self._engines = (*WITH_ENGINES, *(("standby",) if world.has_standby else ()))
        self._neighbours = (*NEIGHBOURS, *(NEIGHBOURS_OF_STANDBY if world.has_standby else ()))

    def make(self, until_s: float) -> list[Event]:
        """One to five faults, as often as not close to one another; seldom everything at once."""
        chance = self._chance
        count = chance.choice((1, 2, 2, 3, 4, 5))
        is_burst = chance.random() < 0.4
        first_s = _between(chance, 0.2, until_s)
        faults = []
        for _ in range(count):
            at_s = first_s + chance.uniform(0.0, SEVERAL_FAULTS_WITHIN_S) if is_burst else chance.uniform(0.2, until_s)
            faults.append(self._fault(_seconds(at_s)))
        if chance.random() < 0.04:
            faults += [Lose(_seconds(first_s), service, _away(chance)) for service in self._services]
        return faults

    def _fault(self, at_s: float) -> Event:
        makers = {
            self._lose: 60,
            self._freeze: 15,
            self._replace: 6,
            self._cut: 12,
            self._slow: 8,
            self._lossy: 6,
            self._busy: 6,
            self._lose_gateway: 5,
        }
        return self._chance.choices(tuple(makers), tuple(makers.values()))[0](at_s)

    def _lose(self, at_s: float) -> Event:
        service = self._chance.choice(self._services)
        return Lose(at_s, service, _away(self._chance), self._chance.random() < 0.2, self._moment(service))

    def _lose_gateway(self, at_s: float) -> Event:
        return Lose(at_s, "gateway", _away(self._chance), self._chance.random() < 0.3)

    def _freeze(self, at_s: float) -> Event:
        """The gateway is frozen only so shortly that its calls must survive; its death is another fault."""
        chance = self._chance
        service = chance.choice(("gateway", *self._services))
        if service == "gateway":
            return Freeze(at_s, service, _between(chance, 0.1, 1.0))
        is_killed = chance.random() < 0.5
        away_s = _between(chance, 0.05, 1.0) if is_killed else 0.0
        return Freeze(at_s, service, _between(chance, 0.2, 4.0), is_killed, away_s, self._moment(service))

    def _replace(self, at_s: float) -> Event:
        """LLaMA is not replaced: a ghost of it would go on writing the journal, which is one file on one host."""
        chance = self._chance
        service = chance.choice([service for service in self._services if service != "llama"])
        return Replace(at_s, service, _between(chance, 2.0, 5.0), _between(chance, 0.3, 1.8), self._moment(service))

    def _cut(self, at_s: float) -> Event:
        one, other = self._chance.sample(self._chance.choice(self._neighbours), 2)
        return Cut(at_s, one, other, _between(self._chance, 0.1, 4.0), self._chance.random() < 0.4)

    def _slow(self, at_s: float) -> Event:
        chance = self._chance
        one, other = chance.choice(self._neighbours)
        latency_s, bytes_per_s = _between(chance, 0.05, 0.45), chance.choice((20_000, 100_000, 1_000_000))
        return Slow(at_s, one, other, _between(chance, 0.5, 4.0), latency_s, bytes_per_s)

    def _lossy(self, at_s: float) -> Event:
        lost, doubled, late = (_seconds(self._chance.choice((0.0, self._chance.random()))) for _ in range(3))
        return Lossy(at_s, _between(self._chance, 1.0, 6.0), lost, doubled, late)

    def _busy(self, at_s: float) -> Event:
        chance = self._chance
        return Busy(at_s, chance.choice(self._engines), _between(chance, 0.5, 3.0), _between(chance, 0.2, 3.0))

    def _moment(self, service: str) -> str:
        return self._chance.choice(MESSAGES[service]) if self._chance.random() < 0.7 else ""


def _away(chance: random.Random) -> float:
    """How long a service is away: mostly as a supervisor restarts it, seldom longer than its neighbours wait."""
    return _seconds(chance.choices((chance.uniform(0.02, 1.0), chance.uniform(1.0, 4.0), 8.0), (75, 22, 3))[0])


def _between(chance: random.Random, low: float, high: float) -> float:
    return _seconds(chance.uniform(low, high))


def _seconds(value: float) -> float:
    """To the millisecond, for people who read it."""
    return round(max(0.0, value), 3)
