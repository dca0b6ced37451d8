"""Cuts a failing history down to the shortest that still fails: fewer events, then simpler ones (delta debugging; Zeller &
Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).
"""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

from steadyline.drills.simulate.history import Dial, Event, History, Say, Type, World

MAX_RUNS = 400
_SHORTER = ("for_s", "away_s", "takes_s")
_NEVER_ZERO = ("for_s",)


class Shrinker:
    """Shrinks one history.

    Attributes:
        runs: how often a history was tried.

    Args:
        still_fails: whether a history fails as the one that is shrunk does.
        max_runs: tries, at most.
    """

    def __init__(self, still_fails: Callable[[History], bool], max_runs: int = MAX_RUNS) -> None:
        self._still_fails = still_fails
        self._max_runs = max_runs
        self.runs = 0

    def shrink(self, history: History) -> History:
        """The shortest history that was found to fail; `history` itself, if no shorter one does."""
        while True:
            shorter = self._fewer_events(history)
            shorter = self._simpler(shorter, _simpler_worlds)
            for index in range(len(shorter.events)):
                shorter = self._simpler(shorter, lambda now, at=index: _simpler_events(now, at))  # type: ignore[misc]
            if shorter == history or self.runs >= self._max_runs:
                return shorter
            history = shorter

    def _fails(self, history: History) -> bool:
        if self.runs >= self._max_runs:
            return False
        self.runs += 1
        return self._still_fails(history)

    def _fewer_events(self, history: History) -> History:
        """Leave out stretches of events, long ones first."""
        size = max(1, len(history.events) // 2)
        while True:
            start = 0
            while start < len(history.events):
                fewer = replace(history, events=history.events[:start] + history.events[start + size :])
                if self._fails(fewer):
                    history = fewer
                else:
                    start += size
            if size == 1:
                return history
            size //= 2

    def _simpler(self, history: History, variants: Callable[[History], Iterator[History]]) -> History:
        """Take each variant that still fails."""
        is_changed = True
        while is_changed:
            is_changed = False
            for variant in variants(history):
                if self._fails(variant):
                    history, is_changed = variant, True
                    break
        return history


def _simpler_worlds(history: History) -> Iterator[History]:
    """Each setting that is not the usual one, as it usually is."""
    usual = World()
    for item in fields(World):
        value = getattr(usual, item.name)
        if getattr(history.world, item.name) != value:
            yield replace(history, world=replace(history.world, **{item.name: value}))


def _simpler_events(history: History, index: int) -> Iterator[History]:
    """One event, made simpler in one respect."""
    event = history.events[index]
    for changes in _simplifications(event):
        changed = replace(event, **changes)
        yield replace(history, events=(*history.events[:index], changed, *history.events[index + 1 :]))


def _simplifications(event: Event) -> Iterator[dict[str, Any]]:
    names = {item.name for item in fields(event)}
    for flag in ("is_asked", "is_killed", "is_one_way"):
        if flag in names and getattr(event, flag):
            yield {flag: False}
    if getattr(event, "on", ""):
        yield {"on": ""}
    if isinstance(event, Dial) and event.rate_hz != 16_000:
        yield {"rate_hz": 16_000}
    if isinstance(event, Say | Type) and " " in event.text:
        yield {"text": event.text.split()[0]}
    for name in _SHORTER:
        value = getattr(event, name, 0.0)
        if value > 0.1:
            yield {name: round(value / 2, 3)}
    for name in ("at_s", *_SHORTER):
        value = getattr(event, name, 0.0)
        if round(value, 1) != value and (round(value, 1) > 0 or name not in _NEVER_ZERO):
            yield {name: round(value, 1)}
