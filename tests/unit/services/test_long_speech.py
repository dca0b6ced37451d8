"""Long utterances: divided where it is quiet, words in order, nothing lost whatever the recogniser has done by then."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from steadyline.audio.quiet_spot import quietest_spot
from steadyline.services.idle_cores import IdleCores
from steadyline.services.long_speech import Heard, LongSpeech, Speech

HZ = 16_000
Float32 = NDArray[np.float32]


class Recognizer:
    """Takes parts; each is transcribed when the test says so. A part's word is the second in which it begins."""

    def __init__(self) -> None:
        self.parts: list[Float32] = []
        self._done: list[asyncio.Future[Heard | None]] = []

    def transcribe(self, speech: Float32) -> "asyncio.Task[Heard | None]":
        self.parts.append(speech)
        self._done.append(asyncio.get_running_loop().create_future())
        return asyncio.ensure_future(self._wait(self._done[-1]))

    @staticmethod
    async def _wait(done: "asyncio.Future[Heard | None]") -> Heard | None:
        return await done

    async def finish(self, number: int, heard: Heard | None) -> None:
        self._done[number].set_result(heard)
        for _ in range(3):
            await asyncio.sleep(0)


def counted(first_s: float, last_s: float) -> Float32:
    """Samples that are their own index, so that a lost or doubled one is seen."""
    return np.arange(int(first_s * HZ), int(last_s * HZ), dtype=np.float32)


def long_speech(recognizer: Recognizer, is_idle: Callable[[], bool] = lambda: True) -> LongSpeech:
    return LongSpeech(12.0, is_idle, recognizer.transcribe)


def test_a_short_utterance_is_left_whole() -> None:
    async def scene() -> None:
        recognizer = Recognizer()
        speech = long_speech(recognizer)
        speech.add(counted(0, 11.9))
        assert not recognizer.parts
        assert np.array_equal(speech.through_here().rest, counted(0, 11.9))

    asyncio.run(scene())


def test_the_words_of_the_first_part_stand_before_those_of_the_rest() -> None:
    async def scene() -> None:
        recognizer = Recognizer()
        speech = long_speech(recognizer)
        speech.add(counted(0, 13))
        await recognizer.finish(0, Heard(" The first. ", "en", 200.0))
        speech.add(counted(13, 14))
        whole = speech.through_here()
        assert np.array_equal(np.concatenate([recognizer.parts[0], whole.rest]), counted(0, 14))
        assert 6 * HZ <= whole.covered <= 12 * HZ
        assert whole.before.then(Heard("The rest.", "en", 90.0)) == Heard("The first. The rest.", "en", 90.0)
        assert whole.before.then(Heard()).text == "The first."

    asyncio.run(scene())


def test_a_part_ends_where_it_is_quiet() -> None:
    async def scene() -> None:
        recognizer = Recognizer()
        voice = np.random.default_rng(1).standard_normal(13 * HZ).astype(np.float32)
        voice[8 * HZ : 8 * HZ + HZ // 2] *= 0.01
        long_speech(recognizer).add(voice)
        assert 8 * HZ < recognizer.parts[0].size < 8.5 * HZ

    asyncio.run(scene())


@pytest.mark.parametrize("outcome", ["failed", "not yet there"])
def test_a_part_without_words_is_transcribed_with_the_rest(outcome: str) -> None:
    async def scene() -> None:
        recognizer = Recognizer()
        speech = long_speech(recognizer)
        for second in range(27):
            speech.add(counted(second, second + 1))
        assert len(recognizer.parts) > 1
        await recognizer.finish(1, Heard("second"))
        if outcome == "failed":
            await recognizer.finish(0, None)
        assert speech.through_here().covered == 0, "words of a later part alone would be words out of order"
        speech.begin()

    asyncio.run(scene())


def test_a_busy_machine_does_nothing_beforehand() -> None:
    async def scene() -> None:
        recognizer = Recognizer()
        is_idle = False
        speech = long_speech(recognizer, lambda: is_idle)
        speech.add(counted(0, 13))
        assert not recognizer.parts
        is_idle = True
        speech.add(counted(13, 13.1))
        assert len(recognizer.parts) == 1
        speech.begin()

    asyncio.run(scene())


def test_the_next_utterance_knows_nothing_of_the_last() -> None:
    async def scene() -> None:
        recognizer = Recognizer()
        speech = long_speech(recognizer)
        speech.add(counted(0, 13))
        speech.begin()
        await asyncio.sleep(0)
        speech.add(counted(20, 21))
        now = speech.through_here()
        assert (now.before, now.covered) == (Heard(), 0) and np.array_equal(now.samples, counted(20, 21))

    asyncio.run(scene())


@given(st.lists(st.floats(0.02, 5.0), min_size=1, max_size=12), st.integers(0, 4))
def test_every_sample_is_transcribed_once(pieces_s: list[float], finished: int) -> None:
    async def scene() -> None:
        recognizer = Recognizer()
        speech = long_speech(recognizer)
        at = 0
        for piece_s in pieces_s:
            size = int(piece_s * HZ)
            speech.add(np.arange(at, at + size, dtype=np.float32))
            at += size
        for number in range(min(finished, len(recognizer.parts))):
            await recognizer.finish(number, Heard(str(number)))
        now = speech.through_here()
        used = now.before.text.split()
        parts = [recognizer.parts[int(number)] for number in used]
        assert used == [str(number) for number in range(min(finished, len(recognizer.parts)))]
        assert np.array_equal(np.concatenate([*parts, now.rest]), np.arange(at, dtype=np.float32))
        speech.begin()

    asyncio.run(scene())


def test_nothing_said_is_nothing_to_transcribe() -> None:
    assert Speech(np.zeros(0, np.float32)).rest.size == 0


def test_the_quietest_spot_lies_where_it_was_looked_for() -> None:
    samples = np.ones(3 * HZ, np.float32)
    samples[:HZ] = 0.0
    samples[2 * HZ + 3200 : 2 * HZ + 6400] = 0.1
    samples[2 * HZ + 4000 : 2 * HZ + 4480] = 0.01
    assert quietest_spot(samples, 2 * HZ, 3 * HZ) == 2 * HZ + 4240


@pytest.mark.parametrize(
    ("idle_share", "cores", "passed_s", "is_idle"),
    [
        (1.2, 2, 1.0, True),
        (0.9, 2, 1.0, False),
        (0.6, 1, 1.0, True),
        (2.0, 2, 0.1, False),
        (2.0, 2, 60.0, False),
    ],
)
def test_a_core_is_idle_if_it_was_lately(idle_share: float, cores: int, passed_s: float, is_idle: bool) -> None:
    now_s = idle_s = 0.0
    idle = IdleCores(lambda: now_s, cores, lambda: idle_s)
    now_s, idle_s = passed_s, passed_s * idle_share
    assert idle() is is_idle


def test_the_machines_own_idle_time_is_read() -> None:
    now_s = 0.0
    idle = IdleCores(lambda: now_s)
    now_s = 1e-9
    assert idle() is False
