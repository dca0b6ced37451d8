"""What is only echo of what was played is told from a caller's voice."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyline.audio.echo_guard import SAMPLE_RATE_HZ, WINDOW_SAMPLES, EchoGuard, EchoGuardSettings
from steadyline.audio.pcm import Float32

SECOND = SAMPLE_RATE_HZ
PATIENT = settings(max_examples=25)


def voice(seed: int, seconds: float = 4.0, rms: float = 0.1) -> Float32:
    """Syllables of 60 to 250 ms, each a harmonic sound of a pitch and a colour of its own, with gaps between some."""
    rng = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < seconds * SECOND:
        at_s = np.arange(rng.integers(960, 4000)) / SECOND
        pitch_hz, formant_hz = rng.uniform(90, 250), rng.uniform(300, 2500)
        harmonics = np.arange(1, int(3400 / pitch_hz))
        strengths = np.exp(-(((harmonics * pitch_hz - formant_hz) / 500) ** 2)) + 0.05
        syllable = (strengths[:, None] * np.sin(2 * np.pi * pitch_hz * harmonics[:, None] * at_s)).sum(axis=0)
        parts += [syllable * np.hanning(len(at_s)) * rng.uniform(0.4, 1.0), np.zeros(rng.choice([0, 0, 1600, 6400]))]
    samples = np.concatenate(parts)[: int(seconds * SECOND)]
    return (samples * rms / np.sqrt(np.square(samples).mean())).astype(np.float32)


def line_noise(length: int) -> Float32:
    return (np.random.default_rng(1).normal(size=length) * 1e-4).astype(np.float32)


def echo_of(played: Float32, gain_db: float, delay_ms: int) -> Float32:
    delayed = np.concatenate((np.zeros(delay_ms * SECOND // 1000, np.float32), played))[: len(played)]
    return delayed * np.float32(10 ** (gain_db / 20)) + line_noise(len(played))


def judged(guard: EchoGuard, heard: Float32, played: Float32, start: int = 0, learns: bool = True) -> list[bool]:
    """Every window of what is heard, with what was played told just before it."""
    decisions = []
    for at in range(0, len(heard) - WINDOW_SAMPLES + 1, WINDOW_SAMPLES):
        guard.played(played[at : at + WINDOW_SAMPLES], start + at)
        decisions.append(guard.is_echo(heard[at : at + WINDOW_SAMPLES], start + at, learns=learns))
    return decisions


def audible(heard: Float32) -> list[bool]:
    """Which windows are louder than the line's noise."""
    windows = heard[: len(heard) // WINDOW_SAMPLES * WINDOW_SAMPLES].reshape(-1, WINDOW_SAMPLES)
    return [bool(np.square(window).mean() > 1e-6) for window in windows]


def mistaken(decisions: list[bool], loud: list[bool]) -> int:
    """Pairs of neighbouring windows in which something was heard that was not taken for echo."""
    speech = [heard and not is_echo for is_echo, heard in zip(decisions, loud, strict=True)]
    return sum(a and b for a, b in pairwise(speech))


@PATIENT
@given(seed=st.integers(0, 1000), gain_db=st.floats(-40, -12), delay_ms=st.integers(0, 480), rms=st.floats(0.05, 0.2))
def test_echo_is_no_speech_from_its_first_window_on(seed: int, gain_db: float, delay_ms: int, rms: float) -> None:
    played = voice(seed, rms=rms)
    heard = echo_of(played, gain_db, delay_ms)
    assert mistaken(judged(EchoGuard(EchoGuardSettings()), heard, played), audible(heard)) == 0


@PATIENT
@given(seed=st.integers(0, 1000), gain_db=st.floats(-40, -15), delay_ms=st.integers(20, 300))
def test_a_caller_over_the_echo_is_found_within_two_windows(seed: int, gain_db: float, delay_ms: int) -> None:
    played = voice(seed)
    begin = 100 * WINDOW_SAMPLES
    said = np.zeros_like(played)
    said[begin:] = voice(seed + 5000)[: len(said) - begin]
    decisions = judged(EchoGuard(EchoGuardSettings()), echo_of(played, gain_db, delay_ms) + said, played)
    loud = audible(said)
    first = loud.index(True)
    assert not all(decisions[first : first + 3])


def test_a_soft_caller_is_found_on_a_line_without_echo_while_the_agent_speaks() -> None:
    played = voice(1)
    said = np.zeros_like(played)
    said[2 * SECOND :] = voice(2, 2.0, rms=0.01)
    decisions = judged(EchoGuard(EchoGuardSettings()), said + line_noise(len(said)), played)
    loud = audible(said)
    assert sum(is_echo for is_echo, is_said in zip(decisions, loud, strict=True) if is_said) < 0.15 * sum(loud)


def test_what_is_said_while_nothing_was_played_lately_is_never_echo() -> None:
    guard = EchoGuard(EchoGuardSettings())
    said = voice(3)
    assert not any(judged(guard, said, np.zeros(0, np.float32)))
    guard.played(voice(4, 1.0), 0)
    assert not any(judged(guard, said, np.zeros(0, np.float32), start=2 * SECOND))


def test_a_line_that_gets_louder_is_learnt_within_seconds() -> None:
    guard = EchoGuard(EchoGuardSettings())
    played = voice(5, 12.0)
    heard = echo_of(played, -35, 120)
    louder = echo_of(played, -12, 120)
    heard[4 * SECOND :] = louder[4 * SECOND :]
    decisions, loud = judged(guard, heard, played), audible(heard)
    windows = 10 * SECOND // WINDOW_SAMPLES
    assert mistaken(decisions[windows:], loud[windows:]) == 0


def test_nothing_is_learnt_within_an_utterance() -> None:
    guard = EchoGuard(EchoGuardSettings())
    played = voice(6)
    judged(guard, echo_of(played, -20, 100), played)
    guard.settle()
    before = guard.learned
    judged(guard, voice(7), played, start=len(played), learns=False)
    guard.settle()
    assert guard.learned == before


@PATIENT
@given(seed=st.integers(0, 1000), echo_db=st.floats(-40, -6), delay_ms=st.integers(0, 480))
def test_one_that_begins_with_what_another_has_learnt_decides_alike(seed: int, echo_db: float, delay_ms: int) -> None:
    played = voice(seed)
    heard = echo_of(played, echo_db, delay_ms) + voice(seed + 1, rms=0.02)
    first, second = EchoGuard(EchoGuardSettings()), EchoGuard(EchoGuardSettings())
    judged(first, heard, played)
    first.settle()
    assert second.restore(first.learned)
    second.played(played, 0)
    again = voice(seed + 2)
    heard = echo_of(again, echo_db, delay_ms)
    assert judged(first, heard, again, len(played)) == judged(second, heard, again, len(played))


@pytest.mark.parametrize("learned", ["", "!", "AAAA", "ü", "A" * 10_000])
def test_what_cannot_be_read_is_not_learnt(learned: str) -> None:
    guard = EchoGuard(EchoGuardSettings())
    guard.settle()
    before = guard.learned
    assert not guard.restore(learned)
    guard.settle()
    assert guard.learned == before


def test_another_longest_delay_makes_another_form() -> None:
    short = EchoGuard(EchoGuardSettings(reach_ms=200))
    short.settle()
    assert not EchoGuard(EchoGuardSettings()).restore(short.learned)
    assert EchoGuard(EchoGuardSettings(reach_ms=200)).restore(short.learned)


def test_what_was_played_may_be_told_in_pieces_and_twice() -> None:
    played = voice(8)
    heard = echo_of(played, -20, 150)
    whole, pieces = EchoGuard(EchoGuardSettings()), EchoGuard(EchoGuardSettings())
    decisions = []
    for at in range(0, len(heard) - WINDOW_SAMPLES + 1, WINDOW_SAMPLES):
        for first in (at, at + 100):
            pieces.played(played[max(0, first - 500) : at + WINDOW_SAMPLES], max(0, first - 500))
        decisions.append(pieces.is_echo(heard[at : at + WINDOW_SAMPLES], at, learns=True))
    assert decisions == judged(whole, heard, played)


@PATIENT
@given(seed=st.integers(0, 1000), asked=st.lists(st.booleans(), min_size=120, max_size=120))
def test_what_is_not_asked_about_changes_nothing_about_what_is(seed: int, asked: list[bool]) -> None:
    """Nor where windows are passed over, or are judged a second time, as after a cut."""
    played = voice(seed)
    heard = echo_of(played, -20, 100) + voice(seed + 1) * np.float32(0.3)
    always, seldom = EchoGuard(EchoGuardSettings()), EchoGuard(EchoGuardSettings())
    for number, matters in enumerate([*asked, *asked[100:]]):
        at = WINDOW_SAMPLES * (number if number < 120 else number - 20)
        window, learns = heard[at : at + WINDOW_SAMPLES], number % 50 < 40
        for guard in (always, seldom):
            guard.played(played[at : at + WINDOW_SAMPLES], at)
        wanted = always.is_echo(window, at, learns=learns)
        assert seldom.is_echo(window, at, learns=learns, matters=matters) == (wanted and matters)


def test_what_a_detector_makes_of_the_quiet_after_an_echo_is_no_speech_and_a_voice_there_is() -> None:
    played = np.concatenate((voice(3, 2.0), np.zeros(SECOND, np.float32)))
    heard = echo_of(played, -20, 300)
    over = (2 * SECOND + 300 * SECOND // 1000) // WINDOW_SAMPLES + 1
    assert judged(EchoGuard(EchoGuardSettings()), heard, played)[over : over + 4] == [True, True, True, True]
    heard[over * WINDOW_SAMPLES :] += voice(4, 3.0, rms=0.02)[: len(heard) - over * WINDOW_SAMPLES]
    spoken = judged(EchoGuard(EchoGuardSettings()), heard, played)[over : over + 6]
    assert spoken.count(False) >= 4
