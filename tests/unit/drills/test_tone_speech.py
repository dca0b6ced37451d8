"""Drill speech: told exactly through what a telephone does to it, whole and in pieces."""

import random

import numpy as np
import pytest
from tests.phone.answering_agent import ulaw_decoded, ulaw_encoded

from steadyline.audio.pcm import to_pcm16
from steadyline.audio.resampling import resample
from steadyline.drills.tone_speech import (
    GAP_S,
    OTHER,
    VARIATION,
    VOCABULARY,
    WORD_S,
    rendering,
    sound,
    sounds_in,
    speak,
    words_in,
    words_of,
)

LINE_HZ = 8_000


def telephoned(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """As it comes out of a G.711 call."""
    narrow = to_pcm16(resample(samples, rate_hz, LINE_HZ))
    return ulaw_decoded(ulaw_encoded(narrow)).astype(np.float32) / 32768


def tone(seconds: float, *frequencies_hz: float) -> np.ndarray:
    time_s = np.arange(round(seconds * LINE_HZ)) / LINE_HZ
    return np.sum([0.2 * np.sin(2 * np.pi * hz * time_s) for hz in frequencies_hz], axis=0).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 24_000, 48_000])
def test_every_word_comes_through_the_telephone_with_its_place_and_length(rate_hz: int) -> None:
    words = rendering(" ".join(VOCABULARY), random.Random(rate_hz))
    heard = words_in(telephoned(sound(words, rate_hz), rate_hz), LINE_HZ)
    assert [one.word for one in heard] == list(VOCABULARY)
    starts_s = np.cumsum([0.0, *(word.length_s + word.gap_s for word in words)])[:-1]
    assert [one.duration_s for one in heard] == pytest.approx([word.length_s for word in words], abs=0.003)
    assert [one.start_s for one in heard] == pytest.approx(starts_s, abs=0.006)


def test_it_stays_in_the_telephone_band_and_within_full_scale() -> None:
    samples = speak(" ".join(VOCABULARY), 16_000)
    power = np.square(np.abs(np.fft.rfft(samples)))
    frequencies_hz = np.fft.rfftfreq(len(samples), 1 / 16_000)
    in_band = power[(frequencies_hz > 300) & (frequencies_hz < 3400)].sum()
    assert in_band > 0.999 * power.sum()
    assert np.abs(samples).max() < 0.5


def test_no_two_renderings_are_alike_and_each_length_is_within_its_variation() -> None:
    vary = random.Random(1)
    text = "alpha bravo charlie " * 30
    first, second = rendering(text, vary), rendering(text, vary)
    assert first != second
    for word in (*first, *second):
        assert WORD_S * (1 - VARIATION) <= word.length_s <= WORD_S * (1 + VARIATION)
        assert GAP_S * (1 - VARIATION) <= word.gap_s <= GAP_S * (1 + VARIATION)
    assert max(word.length_s for word in first) - min(word.length_s for word in first) > WORD_S * VARIATION
    assert {(word.length_s, word.gap_s) for word in rendering(text)} == {(WORD_S, GAP_S)}


@pytest.mark.parametrize("cut_ms", range(10, 111, 10))
def test_a_word_that_is_cut_in_two_is_heard_in_two_pieces_of_the_right_lengths(cut_ms: int) -> None:
    samples = speak("lima", LINE_HZ)
    cut = round(cut_ms * LINE_HZ / 1000)
    heard = words_in(np.concatenate((samples[:cut], np.zeros(4000, np.float32), samples[cut:])), LINE_HZ)
    assert [one.word for one in heard] == ["lima", "lima"]
    assert sum(one.duration_s for one in heard) == pytest.approx(WORD_S, abs=0.006)
    assert heard[0].duration_s == pytest.approx(cut_ms / 1000, abs=0.006)


@pytest.mark.parametrize(("first", "second"), [("alpha", "bravo"), ("zero", "winter"), ("ten", "five")])
def test_a_word_that_breaks_off_into_another_is_told_from_it(first: str, second: str) -> None:
    head, tail = speak(first, LINE_HZ)[: round(0.06 * LINE_HZ)], speak(second, LINE_HZ)[round(0.03 * LINE_HZ) :]
    heard = words_in(np.concatenate((head, tail)), LINE_HZ)
    assert [one.word for one in heard] == [first, second]
    assert [one.duration_s for one in heard] == pytest.approx([0.06, 0.09], abs=0.008)


def test_a_word_without_its_middle_is_heard_shorter() -> None:
    samples = speak("lima", LINE_HZ)
    shorter = np.concatenate((samples[: round(0.04 * LINE_HZ)], samples[round(0.07 * LINE_HZ) :]))
    heard = words_in(shorter, LINE_HZ)
    assert {one.word for one in heard} == {"lima"}
    assert sum(one.duration_s for one in heard) == pytest.approx(0.09, abs=0.005)


@pytest.mark.parametrize("level", [0.25, 0.5, 2.0])
def test_a_telephone_that_changes_the_level_changes_nothing(level: float) -> None:
    heard = words_in(level * speak("alpha bravo", LINE_HZ), LINE_HZ)
    assert [one.word for one in heard] == ["alpha", "bravo"]
    assert [one.duration_s for one in heard] == pytest.approx([WORD_S] * 2, abs=0.003)


def test_noise_of_the_line_is_neither_a_word_nor_in_their_way() -> None:
    noise = np.random.default_rng(1).normal(0, 0.01, LINE_HZ).astype(np.float32)
    assert sounds_in(noise, LINE_HZ) == []
    words = speak("alpha bravo charlie delta echo", LINE_HZ)
    assert [one.word for one in words_in(words + noise[: len(words)], LINE_HZ)] == words_of(
        "alpha bravo charlie delta echo"
    )


@pytest.mark.parametrize(
    "samples",
    [
        tone(0.2, 450),
        tone(0.2, 1800),
        tone(0.2, 450, 550),
        np.random.default_rng(1).normal(0, 0.2, LINE_HZ).astype(np.float32),
    ],
    ids=["one low tone", "one high tone", "two low tones", "loud noise"],
)
def test_other_sounds_are_no_words(samples: np.ndarray) -> None:
    assert words_in(samples, LINE_HZ) == []
    assert sounds_in(samples, LINE_HZ)[0].word == OTHER


def test_silence_and_scraps() -> None:
    assert words_in(np.zeros(0, np.float32), LINE_HZ) == []
    assert words_in(np.zeros(20, np.float32), LINE_HZ) == []
    assert words_in(np.zeros(8000, np.float32), LINE_HZ) == []
    assert words_in(speak("lima", LINE_HZ)[:30], LINE_HZ) == []


def test_marks_and_capitals_do_not_matter_and_unknown_words_are_refused() -> None:
    assert words_of("Hello, caller! One.") == ["hello", "caller", "one"]
    with pytest.raises(ValueError, match="'banana' is not a word of the drills"):
        speak("alpha banana", LINE_HZ)
