"""Histories as data: made from a seed, written, read, and cut down to what matters."""

from dataclasses import replace

import pytest

from steadyline.drills.simulate.generator import WORDS_OF_CALLS, history_of
from steadyline.drills.simulate.history import (
    Busy,
    Dial,
    Freeze,
    History,
    HistoryError,
    Lose,
    Say,
    World,
    from_json,
    to_json,
)
from steadyline.drills.simulate.shrinking import Shrinker
from steadyline.drills.tone_speech import VOCABULARY

SEEDS = range(300)


def test_a_seed_makes_the_same_history_each_time_and_another_seed_another_one() -> None:
    assert [history_of(seed) for seed in SEEDS] == [history_of(seed) for seed in SEEDS]
    assert len({to_json(history_of(seed)) for seed in SEEDS}) == len(SEEDS)


def test_a_history_is_read_as_it_was_written() -> None:
    for seed in SEEDS:
        history = history_of(seed)
        assert from_json(to_json(history)) == history


def test_callers_say_words_of_the_vocabulary_each_its_own() -> None:
    words = [word for call in WORDS_OF_CALLS for word in call]
    assert len(set(words)) == len(words)
    assert set(words) <= set(VOCABULARY)


def test_the_seeds_bring_every_kind_of_event() -> None:
    kinds = {type(event).__name__ for seed in SEEDS for event in history_of(seed).events}
    assert kinds == {
        *("Dial", "Say", "Type", "Press", "HangUp"),
        *("Lose", "Freeze", "Replace", "Cut", "Slow", "Lossy", "Busy"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"seed": 1, "world": {}, "events": [{"event": "Explode", "at_s": 1}]}',
        '{"seed": 1, "world": 5}',
    ],
)
def test_a_file_that_is_no_history_is_refused(text: str) -> None:
    with pytest.raises(HistoryError, match="no history"):
        from_json(text)


def test_a_failing_history_is_cut_down_to_what_makes_it_fail() -> None:
    """It fails whenever llama is lost after something was said: everything else goes, and what is left is short."""
    history = History(
        1,
        World(latency_s=0.03, clauses=4),
        (
            Dial(0.0, 0, 48_000),
            Dial(0.3, 1, 8_000),
            Say(1.234, 0, "alpha bravo"),
            Freeze(2.0, "tts", 3.0),
            Lose(3.456, "llama", 4.0, is_asked=True, on="Clause"),
            Busy(4.0, "whisper", 1.0, 2.0),
        ),
    )

    def still_fails(candidate: History) -> bool:
        said = [event.at_s for event in candidate.events if isinstance(event, Say)]
        lost = [event.at_s for event in candidate.events if isinstance(event, Lose) and event.service == "llama"]
        return bool(said and lost) and max(lost) > min(said)

    shrinker = Shrinker(still_fails)
    assert shrinker.shrink(history) == History(1, World(), (Say(1.2, 0, "alpha"), Lose(3.5, "llama", 0.1)))
    assert shrinker.runs < 60


def test_shrinking_ends_after_so_many_tries_with_a_history_that_fails() -> None:
    history = history_of(3)
    tried: list[History] = []

    def still_fails(candidate: History) -> bool:
        tried.append(candidate)
        return len(candidate.events) >= 3

    shorter = Shrinker(still_fails, max_runs=5).shrink(history)
    assert len(tried) == 5
    assert len(shorter.events) >= 3


def test_a_history_lasts_until_its_last_event_is_over() -> None:
    history = replace(history_of(1), events=(Dial(0.0, 0, 8_000), Freeze(2.0, "tts", 3.0, is_killed=True, away_s=0.5)))
    assert history.lasts_s == 5.5
