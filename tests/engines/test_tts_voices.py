"""Piper and Kokoro with their real models: what they say is understood, and nothing is said where there is nothing to say."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import jiwer
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.engines.conftest import ModelPath

from steadyline.audio.resampling import resample
from steadyline.engines.stt_whisper import WhisperRecognizer
from steadyline.engines.tts_kokoro import KokoroSynthesizer
from steadyline.engines.tts_piper import PiperSynthesizer
from steadyline.errors import ConfigError, ModelError
from steadyline.models.store import default_store, resolve

pytestmark = pytest.mark.engines

PIPER, KOKORO, VOICES = "piper-en_US-joe-medium", "kokoro-82m-int8", "kokoro-voices"
SENTENCE = "The capital of France is Paris."


class Voice(Protocol):
    rate_hz: int

    def synthesize(self, text: str) -> Iterator[NDArray[np.float32]]: ...


@pytest.fixture(scope="module")
def piper(model_path: ModelPath) -> PiperSynthesizer:
    return PiperSynthesizer(model_path(PIPER, ".onnx"), threads=1)


@pytest.fixture(scope="module")
def kokoro(model_path: ModelPath) -> KokoroSynthesizer:
    return KokoroSynthesizer(model_path(KOKORO, ".onnx"), model_path(VOICES, ".npz"), threads=1)


@pytest.fixture(params=["piper", "kokoro"])
def voice(request: pytest.FixtureRequest) -> Voice:
    loaded: Voice = request.getfixturevalue(request.param)
    return loaded


@pytest.fixture(scope="module")
def understand() -> Callable[[NDArray[np.float32], int], str]:
    whisper = WhisperRecognizer(resolve("whisper-base", default_store()))

    def words(samples: NDArray[np.float32], rate_hz: int) -> str:
        text = whisper.transcribe(resample(samples, rate_hz, 16000)).text
        return " ".join(re.findall(r"[a-z']+", text.lower()))

    return words


def whole(voice: Voice, text: str) -> NDArray[np.float32]:
    return np.concatenate([*voice.synthesize(text), np.zeros(0, np.float32)])


def test_what_is_said_is_understood(voice: Voice, understand: Callable[[NDArray[np.float32], int], str]) -> None:
    said = "sure i can help with that please tell me your name and the number of your order"
    heard = understand(
        whole(voice, "Sure, I can help with that. Please tell me your name, and the number of your order."),
        voice.rate_hz,
    )
    assert jiwer.wer(said, heard) <= 0.15, heard


def test_the_audio_is_float32_mono_within_full_scale_and_as_loud_as_speech(voice: Voice) -> None:
    for chunk in voice.synthesize(SENTENCE):
        assert chunk.dtype == np.float32
        assert chunk.ndim == 1
        assert 0.1 < np.max(np.abs(chunk)) <= 1.0
        assert 1.0 < len(chunk) / voice.rate_hz < 4.0


def test_speech_begins_at_once(voice: Voice) -> None:
    samples = whole(voice, SENTENCE)
    first = int(np.flatnonzero(np.abs(samples) > 0.02)[0])
    assert first / voice.rate_hz < 0.15


def test_a_sentence_is_followed_by_a_pause(voice: Voice) -> None:
    samples = whole(voice, SENTENCE)
    last = int(np.flatnonzero(np.abs(samples) > 0.02)[-1])
    assert 0.05 < 1.0 * (len(samples) - last) / voice.rate_hz < 0.6


def test_sentences_come_as_they_are_ready(voice: Voice) -> None:
    pieces = list(voice.synthesize("One. Two. Three."))
    assert len(pieces) == 3
    assert all(abs(len(a) - len(b)) / voice.rate_hz < 1.0 for a, b in pairwise(pieces))


@pytest.mark.parametrize("text", ["", " ", "...", "👋", "<|im_end|>", "§", "\ud800", "\x00"])
def test_nothing_to_say(voice: Voice, text: str) -> None:
    assert list(voice.synthesize(text)) == []


@pytest.mark.parametrize(
    "text", ["It costs $3.50 [[or]] so.", "Grüße, 你好, hello.", "a\x00b", 'He said "no" & left.', "x", "3"]
)
def test_text_of_all_kinds_is_said(voice: Voice, text: str) -> None:
    assert whole(voice, text).size / voice.rate_hz > 0.1


def test_a_long_text_is_said_to_its_end(voice: Voice) -> None:
    text = " and ".join(["one apple, two pears"] * 25) + ", that is all"
    pieces = list(voice.synthesize(text))
    assert len(pieces) > 2
    assert sum(map(len, pieces)) / voice.rate_hz > 0.04 * len(text)


def test_calls_at_once_do_not_disturb_each_other(
    voice: Voice, understand: Callable[[NDArray[np.float32], int], str]
) -> None:
    sentences = ["Please tell me the number of your order.", "The museum opens on Monday in the morning."]
    with ThreadPoolExecutor(2) as threads:
        spoken = list(threads.map(lambda text: whole(voice, text), sentences))
    heard = [understand(samples, voice.rate_hz) for samples in spoken]
    assert "number" in heard[0] and "order" in heard[0] and "monday" not in heard[0]
    assert "monday" in heard[1] and "morning" in heard[1] and "order" not in heard[1]


def test_kokoro_says_the_same_alone_and_beside_another_call(kokoro: KokoroSynthesizer) -> None:
    """It draws no random numbers, so any difference would be another call's."""
    alone = whole(kokoro, SENTENCE)
    with ThreadPoolExecutor(2) as threads:
        beside = list(threads.map(lambda text: whole(kokoro, text), ["One, two, three, four.", SENTENCE]))[1]
    np.testing.assert_array_equal(beside, alone)


def test_kokoro_heeds_speed_and_voice(model_path: ModelPath, kokoro: KokoroSynthesizer) -> None:
    paths = model_path(KOKORO, ".onnx"), model_path(VOICES, ".npz")
    faster = KokoroSynthesizer(*paths, speed=1.6, threads=1)
    assert whole(faster, SENTENCE).size < 0.8 * whole(kokoro, SENTENCE).size
    other = KokoroSynthesizer(*paths, voice="bm_george", language="en-gb", threads=1)
    assert whole(other, SENTENCE).size != whole(kokoro, SENTENCE).size


def test_a_piper_voice_without_its_settings(model_path: ModelPath, tmp_path: Path) -> None:
    alone = tmp_path / "voice.onnx"
    alone.symlink_to(model_path(PIPER, ".onnx"))
    with pytest.raises(ModelError, match=r"voice\.onnx\.json: No such file or directory; a Piper voice is two files"):
        PiperSynthesizer(alone)
    alone.with_name("voice.onnx.json").write_text(json.dumps({"audio": {}}))
    with pytest.raises(ModelError, match=r"voice\.onnx\.json is not a Piper voice's settings"):
        PiperSynthesizer(alone)


def test_a_voice_that_is_no_model(model_path: ModelPath, tmp_path: Path) -> None:
    broken = tmp_path / "voice.onnx"
    original = model_path(PIPER, ".onnx")
    shutil.copy(original.with_name(original.name + ".json"), tmp_path / "voice.onnx.json")
    with pytest.raises(ModelError, match=r"voice\.onnx: there is no such file"):
        PiperSynthesizer(broken)
    with original.open("rb") as whole_model:
        broken.write_bytes(whole_model.read(100_000))
    with pytest.raises(ModelError, match=r"voice\.onnx does not load"):
        PiperSynthesizer(broken)
    with pytest.raises(ModelError, match=r"voice\.onnx does not load"):
        KokoroSynthesizer(broken, model_path(VOICES, ".npz"))


def test_settings_of_kokoro_that_do_not_exist(model_path: ModelPath, tmp_path: Path) -> None:
    model, voices = model_path(KOKORO, ".onnx"), model_path(VOICES, ".npz")
    with pytest.raises(ConfigError, match=r"kokoro\.voice: found 'joe', expected one of af_alloy"):
        KokoroSynthesizer(model, voices, voice="joe")
    with pytest.raises(ConfigError, match=r"kokoro\.language: found 'klingonese', expected one that espeak knows"):
        KokoroSynthesizer(model, voices, language="klingonese")
    with pytest.raises(ConfigError, match=r"kokoro\.speed: found 3, expected 0\.5 to 2"):
        KokoroSynthesizer(model, voices, speed=3.0)
    with pytest.raises(ModelError, match="steadyline models fetch kokoro-voices"):
        KokoroSynthesizer(model, tmp_path / "absent.npz")
    (tmp_path / "text.npz").write_text("no voices")
    with pytest.raises(ModelError, match=r"text\.npz: not an \.npz file of voices"):
        KokoroSynthesizer(model, tmp_path / "text.npz")


@pytest.mark.parametrize(("package", "extra"), [("piper", "piper"), ("kokoro_onnx", "kokoro")])
def test_a_voice_whose_package_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, package: str, extra: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(ModelError, match=rf"pip install 'steadyline\[{extra}\]'"):
        if extra == "piper":
            PiperSynthesizer(tmp_path / "voice.onnx")
        else:
            KokoroSynthesizer(tmp_path / "voice.onnx", tmp_path / "voices.npz")
