"""Times that are read from a two-channel recording."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyline.phone.measure import measure_greeting, measure_turns
from steadyline.phone.script import TurnMark

RATE_HZ = 8000
Spans = list[tuple[float, float]]


def channel(
    spans: Spans, length_s: float, noise_dbfs: float = -90.0, level_dbfs: float = -18.0, seed: int = 0
) -> np.ndarray:
    """Voice-like sound (a gliding, trembling buzz) in `spans` over noise."""
    t = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    noise = 32768 * 10 ** (noise_dbfs / 20) * np.random.default_rng(seed).standard_normal(t.size)
    on = np.any([(start <= t) & (t < end) for start, end in spans], axis=0) if spans else np.zeros(t.size, bool)
    tremble = 1 + 0.4 * np.sin(2 * np.pi * 4 * t)
    buzz = sum(np.cos(2 * np.pi * k * (140 * t + 8 * np.sin(t))) / k for k in range(1, 12)) * tremble
    return (noise + 32768 * 10 ** (level_dbfs / 20) * buzz * on / buzz.std()).clip(-32768, 32767).astype(np.int16)


def both(said: Spans, heard: Spans, length_s: float, **sound: float) -> np.ndarray:
    return np.stack([channel(said, length_s), channel(heard, length_s, **sound)], axis=1)


@settings(max_examples=60)
@given(
    said_end_s=st.floats(3.0, 5.0),
    wait_s=st.floats(0.05, 3.0),
    noise_dbfs=st.floats(-90.0, -48.0),
    level_dbfs=st.floats(-26.0, -12.0),
    seed=st.integers(0, 1000),
)
def test_voice_to_voice_is_exact_to_ten_milliseconds(
    said_end_s: float, wait_s: float, noise_dbfs: float, level_dbfs: float, seed: int
) -> None:
    start_s = said_end_s + wait_s
    heard = [(0.4, 1.2), (start_s, start_s + 1.1), (start_s + 1.5, start_s + 2.3)]
    channels = both([(2.3, said_end_s)], heard, 12.0, noise_dbfs=noise_dbfs, level_dbfs=level_dbfs, seed=seed)
    (turn,) = measure_turns(channels, RATE_HZ, [TurnMark(0, said_from_s=2.1)])
    assert turn.voice_to_voice_ms == pytest.approx(1000 * wait_s, abs=10)
    assert turn.said_start_s == pytest.approx(2.3, abs=0.01)
    assert turn.reply_end_s == pytest.approx(start_s + 2.3, abs=0.01)


def test_the_end_of_speech_counts_and_not_the_end_of_the_file() -> None:
    channels = both([(2.3, 3.0), (3.2, 4.0)], [(5.0, 6.0)], 9.0)
    (turn,) = measure_turns(channels, RATE_HZ, [TurnMark(0, said_from_s=2.0, said_until_s=4.8)])
    assert turn.voice_to_voice_ms == pytest.approx(1000, abs=10)


def test_each_reply_belongs_to_the_question_before_it() -> None:
    channels = both([(2.0, 3.0), (7.0, 8.0)], [(0.5, 1.0), (3.5, 5.0), (9.0, 10.0)], 12.0)
    turns = measure_turns(channels, RATE_HZ, [TurnMark(0, said_from_s=1.8), TurnMark(1, said_from_s=6.8)])
    assert [turn.voice_to_voice_ms for turn in turns] == pytest.approx([500, 1000], abs=10)


def test_no_reply_is_none() -> None:
    (turn,) = measure_turns(both([(2.0, 3.0)], [(0.5, 1.0)], 9.0), RATE_HZ, [TurnMark(0, said_from_s=1.8)])
    assert turn.said_end_s == pytest.approx(3.0, abs=0.01)
    assert (turn.reply_start_s, turn.reply_end_s, turn.voice_to_voice_ms) == (None, None, None)


def test_a_reply_before_the_caller_has_finished_has_a_negative_wait() -> None:
    (turn,) = measure_turns(both([(2.0, 4.0)], [(3.2, 5.0)], 9.0), RATE_HZ, [TurnMark(0, said_from_s=1.8)])
    assert turn.voice_to_voice_ms == pytest.approx(-800, abs=10)


def test_a_sound_of_approval_while_the_caller_speaks_is_no_reply() -> None:
    (turn,) = measure_turns(both([(2.0, 5.0)], [(3.0, 3.4), (6.0, 7.0)], 9.0), RATE_HZ, [TurnMark(0, said_from_s=1.8)])
    assert turn.voice_to_voice_ms == pytest.approx(1000, abs=10)


def test_the_rest_of_the_reply_before_is_no_reply() -> None:
    channels = both([(2.0, 5.0)], [(0.5, 1.7), (1.9, 3.2), (3.4, 5.4), (6.0, 7.0)], 9.0)
    (turn,) = measure_turns(channels, RATE_HZ, [TurnMark(0, said_from_s=1.8)])
    assert turn.voice_to_voice_ms == pytest.approx(1000, abs=10)


def test_a_click_is_no_reply() -> None:
    channels = both([(2.0, 3.0)], [(4.0, 5.0)], 7.0)
    channels[round(3.5 * RATE_HZ), 1] = 20000
    (turn,) = measure_turns(channels, RATE_HZ, [TurnMark(0, said_from_s=1.8)])
    assert turn.voice_to_voice_ms == pytest.approx(1000, abs=10)


def test_the_greeting_is_what_is_heard_before_the_first_question() -> None:
    channels = both([(4.0, 5.0)], [(0.5, 1.0), (1.4, 2.2), (6.0, 7.0)], 9.0)
    assert measure_greeting(channels, RATE_HZ, [TurnMark(0, said_from_s=3.7)]) == pytest.approx((0.5, 2.2), abs=0.01)
    assert measure_greeting(both([], [], 3.0), RATE_HZ, []) is None
