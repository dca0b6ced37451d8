"""`steadyline replay`: a recorded call's caller through the present code."""

import argparse
import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from steadyline.calls.journal import read_only
from steadyline.commands.call_choice import chosen_call
from steadyline.commands.call_export import call_to_replay
from steadyline.commands.calls_arguments import NO_CALLS
from steadyline.config import Config
from steadyline.log import printable
from steadyline.replay.changes import changes
from steadyline.replay.choices import SUFFIX, Kill, ReplayError
from steadyline.replay.comparison import Words, differences, latest_s, words_heard
from steadyline.replay.player import Replayed, replay
from steadyline.replay.recorded_call import RecordedCall
from steadyline.replay.recorded_engines import RecordedVoice
from steadyline.services.origin import system_origin


def run_replay(namespace: argparse.Namespace, config: Config) -> int:
    """Replay and tell; 0 when nothing differs and every word was heard once, in order.

    Args:
        namespace: the options.
        config: what the services run with, and where the journal and the recordings are.

    Raises:
        SteadylineError: there is no such call, or it cannot be replayed.
    """
    kill = Kill.parse(namespace.kill) if namespace.kill else None
    recorded = (
        RecordedCall.load(Path(namespace.call)) if namespace.call.endswith(SUFFIX) else _found(namespace.call, config)
    )
    begun_at = time.monotonic()
    with _quiet_services():
        calm = _played(recorded, config, None, namespace.engine)
        repaired = _played(recorded, config, kill, namespace.engine) if kill else None
    replayed, words = repaired or calm
    changed = changes(recorded.origin, system_origin(config))
    found = differences(recorded.record, replayed.record, namespace.tolerance_ms)
    later_s = latest_s(calm[1], words)
    is_sound = not found and ("tts" in namespace.engine or words.are_whole)
    if namespace.json:
        result = {
            "call_uuid": recorded.record.call_uuid,
            "changes": changed,
            "differences": found,
            "words": None if "tts" in namespace.engine else {**asdict(words), "are_whole": words.are_whole},
            "kill": None if kill is None else {**asdict(kill), "at_s": replayed.killed_at_s, "latest_s": later_s},
        }
        print(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        _tell_call(recorded, time.monotonic() - begun_at)
        print("".join(f"not as then: {printable(line)}\n" for line in changed), end="")
        if kill is not None:
            print(
                f"{kill.service} was killed {replayed.killed_at_s:.1f} s into the call, in the answer to turn {kill.turn}"
            )
        if "tts" not in namespace.engine:
            print(_words_line(words, later_s if kill else None))
        print("\n".join(found) or f"no difference in turns and words; times within {namespace.tolerance_ms:.0f} ms")
    return 0 if is_sound else 1


def _found(name: str, config: Config) -> RecordedCall:
    path = Path(config.journal.path).expanduser()
    if not path.exists():
        raise ReplayError(f"there are {NO_CALLS}")
    with read_only(path) as journal:
        return call_to_replay(chosen_call(journal, name), config)


@contextmanager
def _quiet_services() -> Iterator[None]:
    """What the services log while they end is not about the call."""
    log = logging.getLogger("steadyline")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


def _played(recorded: RecordedCall, config: Config, kill: Kill | None, real: list[str]) -> tuple[Replayed, Words]:
    replayed = replay(recorded, config, kill, real)
    return replayed, words_heard(replayed.record, replayed.heard, RecordedVoice(recorded))


def _tell_call(recorded: RecordedCall, took_s: float) -> None:
    length_s = len(recorded.caller) / recorded.rate_hz
    turns = sum(1 for turn in recorded.record.turns if turn.turn)
    print(
        f"call {recorded.record.call_uuid}: {length_s:.1f} s, {turns} turns; replayed in {took_s:.1f} s",
        file=sys.stderr,
    )


def _words_line(words: Words, later_s: float | None) -> str:
    delay = "" if later_s is None else f"; the latest came {later_s:.2f} s later than without the kill"
    if words.are_whole:
        return f"all {words.said} words were heard once, in order{delay}"
    lost = f" ({' '.join(words.lost[:8])})" if words.lost else ""
    return (
        f"of {words.said} words {len(words.lost)} were lost{lost}, {words.doubled} heard twice, {words.swapped} in another "
        f"place, {words.foreign} sounds were none of them{delay}"
    )
