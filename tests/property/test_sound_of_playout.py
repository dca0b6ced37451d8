"""From a voice's chunks to what the line gets: chunks of any size make one sound, and its end is played with it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyline.audio.pcm import Float32, Int16
from steadyline.services.playout import Playout
from steadyline.wire.audio_messages import ClauseAudio, Cursor, LineAudio
from steadyline.wire.messages import Message

NOWHERE = (0, 0, 0)


def played(chunks: list[Float32], voice_hz: int, line_hz: int, loudness_dbfs: float = 0.0) -> Int16:
    """All that outbound sends of a clause that comes in these chunks, to a line that plays at once."""
    sent: list[LineAudio] = []

    def send(message: Message) -> bool:
        assert isinstance(message, LineAudio)
        sent.append(message)
        return True

    playout = Playout(line_hz, 80, send, loudness_dbfs)
    at = 0
    for number, chunk in enumerate(chunks):
        is_last = number == len(chunks) - 1
        playout.clause_audio("tts", ClauseAudio(1, 0, 1, number, at, voice_hz, is_last, chunk))
        at += len(chunk)
    while sent and not sent[-1].last:
        playout.cursor(Cursor(sum(len(audio.samples) for audio in sent), 0, NOWHERE, NOWHERE))
    return np.concatenate([audio.samples for audio in sent])


def voice_like(length: int, rate_hz: int, seed: int) -> Float32:
    """A buzz with breath in it, as loud as a voice."""
    time = np.arange(length) / rate_hz
    buzz = sum(np.sin(2 * np.pi * 110 * k * time + seed) / k for k in range(1, 30))
    return (0.2 * buzz + np.random.default_rng(seed).normal(0, 0.01, length)).astype(np.float32)


@settings(max_examples=60)
@given(
    st.sampled_from([16_000, 22_050, 24_000]),
    st.sampled_from([8_000, 16_000, 48_000]),
    st.integers(1, 12_000),
    st.lists(st.integers(0, 12_000), max_size=8),
    st.sampled_from([0.0, -22.0]),
    st.integers(0, 1000),
)
def test_chunks_of_any_size_are_heard_as_the_whole_clause_is(
    voice_hz: int, line_hz: int, length: int, cuts: list[int], loudness_dbfs: float, seed: int
) -> None:
    sound = voice_like(length, voice_hz, seed)
    chunks = np.split(sound, sorted(min(cut, length) for cut in cuts))
    whole = played([sound], voice_hz, line_hz, loudness_dbfs)
    heard = played(chunks, voice_hz, line_hz, loudness_dbfs)
    assert len(heard) == len(whole)
    assert np.abs(heard.astype(int) - whole).max(initial=0) <= 1, "a click would be more than a rounding"


@settings(max_examples=60)
@given(st.sampled_from([16_000, 22_050, 24_000]), st.sampled_from([8_000, 16_000, 48_000]), st.integers(1, 5000))
def test_an_end_of_less_than_20_ms_is_played_with_its_own_clause(voice_hz: int, line_hz: int, length: int) -> None:
    sound = np.full(length, 0.5, np.float32)
    heard = played([sound], voice_hz, line_hz)
    frame = line_hz // 50
    assert len(heard) == -(-round(length * line_hz / voice_hz) // frame) * frame
    assert not heard[round(length * line_hz / voice_hz) :].any()


@settings(max_examples=40)
@given(st.sampled_from([22_050, 24_000]), st.sampled_from([8_000, 16_000]), st.sampled_from([0.0, -22.0]), st.data())
def test_the_loudest_that_a_voice_can_send_neither_wraps_nor_clicks(
    voice_hz: int, line_hz: int, loudness_dbfs: float, data: st.DataObject
) -> None:
    """Full scale, upside down at random: resampling overshoots it by up to a fifth."""
    half = data.draw(st.lists(st.integers(40, 400), min_size=3, max_size=20))
    sound = np.concatenate([np.full(n, 1.0 if k % 2 else -1.0, np.float32) for k, n in enumerate(half)])
    heard = played([sound], voice_hz, line_hz, loudness_dbfs).astype(int)
    expected = np.sign(np.interp(np.arange(len(heard)) / line_hz, np.arange(len(sound)) / voice_hz, sound))
    settled = np.abs(np.convolve(expected, np.ones(9), "same")) == 9
    inside = settled & (np.arange(len(heard)) > line_hz // 200) & (np.arange(len(heard)) < len(heard) - line_hz // 25)
    assert (np.sign(heard[inside]) == expected[inside]).all(), "wrapped around"
    if loudness_dbfs:
        assert np.abs(heard).max() <= 0.9 * 32768
