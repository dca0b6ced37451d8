"""Whisper with its real models, on speech made by Piper when the tests run and on sounds that are no speech."""

import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.word_errors import word_error_rate

from steadyline.audio.resampling import resample
from steadyline.engines import stt_whisper
from steadyline.engines.stt_whisper import WhisperRecognizer
from steadyline.errors import ConfigError, ModelError
from steadyline.models.store import default_store, resolve, resolve_file

pytestmark = pytest.mark.engines

RATE_HZ = 16000
QUESTION = "What is the capital of France?"
OPENING_HOURS = "Can you tell me about the opening hours on Sunday?"
# A word or two may be misheard: no two renderings are the same, and int8 kernels differ from processor to processor (seen:
# "friends" for "France" at -30 dB on one machine in three).
MOST_ERRORS = 0.2


@pytest.fixture(scope="module")
def whisper() -> WhisperRecognizer:
    return WhisperRecognizer(resolve("whisper-base", default_store()))


@pytest.fixture(scope="module")
def say() -> Callable[[str], np.ndarray]:
    """Speech on the telephone: 300 to 3400 Hz, 16 kHz float32, some silence around it."""
    from piper import PiperVoice

    voice = PiperVoice.load(str(resolve_file("piper-en_US-joe-medium", default_store(), ".onnx")))

    @cache
    def spoken(text: str) -> np.ndarray:
        audio = np.concatenate([chunk.audio_float_array for chunk in voice.synthesize(text)])
        narrow = resample(resample(audio, voice.config.sample_rate, 8000), 8000, RATE_HZ)
        return np.concatenate([np.zeros(4800), narrow, np.zeros(8000)]).astype(np.float32)

    return spoken


def _noise(seconds: float, level_dbfs: float, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(int(seconds * RATE_HZ))
    return (noise * 10 ** (level_dbfs / 20)).astype(np.float32)


def test_a_question_comes_out_as_text_from_the_short_window(whisper, say) -> None:
    transcript = whisper.transcribe(say(QUESTION))
    assert word_error_rate(QUESTION, transcript.text) <= MOST_ERRORS, transcript.text
    assert transcript.language == "en"
    assert transcript.window_s == 8.0 and not transcript.fell_back
    assert transcript.no_speech_probability < 0.2 and -0.5 < transcript.avg_logprob <= 0
    assert transcript.elapsed.mel_s > 0 and transcript.elapsed.encode_s > 0 and transcript.elapsed.decode_s > 0


@pytest.mark.parametrize("level_dbfs", [-80, -60, -45, -30])
@pytest.mark.parametrize("seconds", [0.3, 2.0, 10.0])
def test_nothing_is_invented_in_noise(whisper, level_dbfs: float, seconds: float) -> None:
    assert whisper.transcribe(_noise(seconds, level_dbfs)).text == ""


def test_nothing_is_invented_in_silence_hum_tones_and_nothing_at_all(whisper) -> None:
    time_s = np.arange(3 * RATE_HZ) / RATE_HZ
    hum = 0.02 * np.sin(2 * np.pi * 50 * time_s) + 0.01 * np.sin(2 * np.pi * 150 * time_s)
    digit = 0.2 * np.sin(2 * np.pi * 770 * time_s) + 0.2 * np.sin(2 * np.pi * 1336 * time_s)
    for sound in (np.zeros(0), np.zeros(3 * RATE_HZ), np.zeros(40 * RATE_HZ), hum, digit):
        assert whisper.transcribe(sound.astype(np.float32)).text == ""


def test_quiet_speech_is_not_taken_for_silence(whisper, say) -> None:
    transcript = whisper.transcribe((say(QUESTION) * 10 ** (-30 / 20)).astype(np.float32))
    assert word_error_rate(QUESTION, transcript.text) <= MOST_ERRORS, transcript.text


def test_four_threads_hear_each_their_own(whisper, say) -> None:
    # None is so short that one other word ("start talking") is more than may be misheard.
    texts = [
        QUESTION,
        OPENING_HOURS,
        "Please stop talking now and listen to me.",
        "Thank you very much for your help today.",
    ]
    utterances = [say(text) for text in texts]
    alone = [whisper.transcribe(samples).text for samples in utterances]
    with ThreadPoolExecutor(4) as pool:
        heard = list(pool.map(lambda samples: whisper.transcribe(samples).text, utterances * 3))
    assert heard == alone * 3
    assert all(word_error_rate(text, own) <= MOST_ERRORS for text, own in zip(texts, alone, strict=True)), alone


def test_more_than_thirty_seconds_lose_nothing(whisper, say) -> None:
    sentence = (
        "Could you please repeat that? I did not quite understand what you said about the invoice from last month."
    )
    samples = np.concatenate([say(sentence), say(QUESTION)] * 5)
    assert samples.size > 35 * RATE_HZ
    transcript = whisper.transcribe(samples)
    assert word_error_rate(f"{sentence} {QUESTION} " * 5, transcript.text) <= 0.1, transcript.text
    assert transcript.window_s <= 30.0


def test_pieces_are_cut_where_it_is_quiet_and_hold_every_sample() -> None:
    samples = _noise(70.0, -20)
    quiet = slice(24 * RATE_HZ, 25 * RATE_HZ)
    samples[quiet] = 0
    pieces = stt_whisper._split(samples)
    np.testing.assert_array_equal(np.concatenate(pieces), samples)
    assert quiet.start <= pieces[0].size <= quiet.stop
    assert all(piece.size <= 29 * RATE_HZ for piece in pieces)


class _Looping:
    """A model whose short window loops; what the full window gives is for the test to choose."""

    n_mels, is_multilingual = 80, False

    def __init__(self, short: list[int], full: list[int]) -> None:
        self.short, self.full, self.windows_s = short, full, []

    def encode(self, features) -> int:
        self.windows_s.append(features.shape[2] / 100)
        return features.shape[2]

    def generate(self, encoded: int, prompts, max_length: int, **options):
        tokens = (self.full if encoded == 3000 else self.short)[: max_length // 2]
        return [type("Result", (), {"sequences_ids": [tokens], "scores": [-0.1], "no_speech_prob": 0.05})()]


@pytest.fixture
def looping(whisper, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], _Looping]:
    def install(short: str, full: str) -> _Looping:
        encode = whisper._tokenizer.encode
        model = _Looping(*(encode(f" {text}", add_special_tokens=False).ids for text in (short, full)))
        monkeypatch.setattr(whisper, "_model", model)
        return model

    return install


def test_a_loop_that_hits_the_cap_is_decoded_again_in_the_full_window(whisper, looping) -> None:
    model = looping("Yes. " * 100, "Yes.")
    transcript = whisper.transcribe(_noise(1.0, -20))
    assert (transcript.text, transcript.fell_back, transcript.window_s) == ("Yes.", True, 30.0)
    assert model.windows_s == [8.0, 30.0]


def test_a_sentence_said_exactly_twice_is_decoded_again_and_kept_if_it_stays(whisper, looping) -> None:
    twice = "My name is Peter. My name is Peter."
    model = looping(twice, twice)
    assert whisper.transcribe(_noise(2.0, -20)).text == twice
    assert model.windows_s == [8.0, 30.0]


def test_what_loops_in_the_full_window_too_is_cut(whisper, looping) -> None:
    looping("Yes, please. " * 50, "Yes, please. " * 50)
    assert re.findall("[a-z]+", whisper.transcribe(_noise(1.0, -20)).text.lower()) == ["yes", "please"]


def test_the_window_is_a_second_longer_than_the_utterance(whisper, looping) -> None:
    model = looping("Yes.", "Yes.")
    for seconds in (0.5, 6.9, 12.34, 28.9):
        whisper.transcribe(_noise(seconds, -20))
    assert model.windows_s == pytest.approx([8.0, 8.0, 13.34, 29.9], abs=0.02)


@pytest.mark.parametrize(
    ("samples", "found"),
    [
        (np.zeros(1600), "float64"),
        (np.zeros(1600, dtype=np.int16), "int16"),
        (np.zeros((2, 1600), dtype=np.float32), r"\(2, 1600\)"),
        ([0.0] * 1600, "list"),
        (np.array([0.0, np.nan], dtype=np.float32), "not finite"),
        (np.array([0.0, np.inf], dtype=np.float32), "not finite"),
    ],
)
def test_bad_input_says_what_was_found(whisper, samples, found: str) -> None:
    with pytest.raises(ValueError, match=f"samples.*{found}"):
        whisper.transcribe(samples)


def test_the_language_is_detected_when_none_is_given(say) -> None:
    detecting = WhisperRecognizer(resolve("whisper-base", default_store()), language=None, workers=1)
    transcript = detecting.transcribe(say(OPENING_HOURS))
    assert transcript.language == "en" and word_error_rate(OPENING_HOURS, transcript.text) <= MOST_ERRORS, (
        transcript.text
    )
    with pytest.raises(ConfigError, match="language: found 'klingon'"):
        WhisperRecognizer(resolve("whisper-base", default_store()), language="klingon")


def test_the_english_model_serves_english_alone(say) -> None:
    directory = resolve("whisper-tiny.en", default_store())
    transcript = WhisperRecognizer(directory, language=None, workers=1).transcribe(say(QUESTION))
    assert transcript.language == "en" and word_error_rate(QUESTION, transcript.text) <= MOST_ERRORS, transcript.text
    with pytest.raises(ConfigError, match=r"language: found 'de'.*English"):
        WhisperRecognizer(directory, language="de")


def test_a_directory_that_holds_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"tokenizer\.json is not there"):
        WhisperRecognizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="is not a tokenizer"):
        WhisperRecognizer(tmp_path)
    tokenizer = resolve("whisper-base", default_store()) / "tokenizer.json"
    (tmp_path / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    with pytest.raises(ModelError, match="does not load as a CTranslate2 Whisper model"):
        WhisperRecognizer(tmp_path)


FIRST_UTTERANCES = """
import sys, numpy as np, psutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from steadyline.engines.stt_whisper import WhisperRecognizer

whisper = WhisperRecognizer(Path(sys.argv[1]), workers=2)
loaded = psutil.Process().memory_info().rss
speech = np.load(sys.argv[2])
for _ in range(3):
    list(ThreadPoolExecutor(2).map(whisper.transcribe, [speech, speech]))
print(psutil.Process().memory_info().rss - loaded)
"""


def test_the_first_utterances_find_their_memory_taken(say, tmp_path: Path) -> None:
    """Without the warm-up two workers took 48 MB more after loading; with it 0 to 12 MB (the allocator's arenas)."""
    np.save(tmp_path / "speech.npy", say(QUESTION))
    command = [
        sys.executable,
        "-c",
        FIRST_UTTERANCES,
        resolve("whisper-base", default_store()),
        tmp_path / "speech.npy",
    ]
    grown = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert grown <= 24e6


def test_an_impossible_window_is_refused() -> None:
    with pytest.raises(ConfigError, match="window_floor_s: found 60"):
        WhisperRecognizer(Path("anywhere"), window_floor_s=60)
