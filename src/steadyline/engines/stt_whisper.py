"""Speech to text: Whisper on CTranslate2.

The encoder gets a window just longer than the utterance, not the usual 30 s, which makes it five times faster; what
that costs (now and then a loop) is detected and mended by decoding again with the full window. The figures are those
measured with base int8 on 24 utterances after a µ-law round trip (`docs/benchmarks.md`).
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import ctranslate2
import numpy as np
import tokenizers
from numpy.typing import NDArray

from steadyline.audio.quiet_spot import quietest_spot
from steadyline.engines.mel import SAMPLE_RATE_HZ, log_mel
from steadyline.engines.repetition import cut_repetition, looks_looped
from steadyline.engines.silence import is_invented, is_silent
from steadyline.errors import ConfigError, EngineError, ModelError

FULL_WINDOW_S = 30.0
"""What Whisper was trained on, and the most that it takes."""

_MARGIN_S = 1.0
_FRAMES_PER_S = 100
_LONGEST_PIECE_S = FULL_WINDOW_S - _MARGIN_S
_SPLIT_SEARCH_S = 10.0
_TOKENS_PER_S = 7
_TOKENS_MARGIN = 16
_LONGEST_TEXT_TOKENS = 224
_WARM_UP_S = 2

Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Elapsed:
    """Where the time of a transcription went, waiting for a free worker included."""

    mel_s: float = 0.0
    encode_s: float = 0.0
    decode_s: float = 0.0

    def __add__(self, other: "Elapsed") -> "Elapsed":
        return Elapsed(self.mel_s + other.mel_s, self.encode_s + other.encode_s, self.decode_s + other.decode_s)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said.

    Attributes:
        text: the words; empty when there were none.
        language: code of the language, such as `"en"`, given or detected; empty when none was given and all is silent.
        no_speech_probability: that nobody speaks, 0 to 1, as Whisper sees it; of several pieces the least.
        avg_logprob: mean logarithm of the probability of the tokens, at most 0.
        window_s: length of the window that gave the text.
        fell_back: whether the short window looped and the text is that of the full one.
        elapsed: where the time went.
    """

    text: str
    language: str
    no_speech_probability: float
    avg_logprob: float
    window_s: float
    fell_back: bool
    elapsed: Elapsed = field(default_factory=Elapsed)


@dataclass(frozen=True, slots=True)
class _Decoding:
    """The outcome of one window, as the model gave it."""

    text: str
    language: str
    no_speech_probability: float
    avg_logprob: float
    window_s: float
    capped: bool
    elapsed: Elapsed

    @property
    def looped(self) -> bool:
        return self.capped or looks_looped(self.text)

    @property
    def invented(self) -> bool:
        return is_invented(self.text, self.no_speech_probability, self.avg_logprob, looped=self.looped)


class WhisperRecognizer:
    """A loaded Whisper model; `transcribe` may be called from several threads at once."""

    def __init__(
        self,
        model_dir: Path,
        *,
        language: str | None = "en",
        workers: int = 2,
        threads_per_worker: int = 1,
        compute_type: str = "int8",
        window_floor_s: float = 8.0,
    ) -> None:
        """Load the model, and transcribe noise on every worker, so that the first utterance finds memory and caches warm.

        Args:
            model_dir: directory with model.bin, config.json, vocabulary.txt (CTranslate2) and tokenizer.json.
            language: code of the language spoken; None to detect it in each utterance.
            workers: how many utterances are transcribed at the same time; more wait for a free one.
            threads_per_worker: two gain nothing over one for a single utterance (measured).
            compute_type: of CTranslate2; float32 is slower than int8 and no better (measured).
            window_floor_s: shortest window; without one, 7 of 24 utterances looped.

        Raises:
            ModelError: the directory does not hold such a model.
            ConfigError: the model does not know the language, or the window is not within 1 to 30 s.
        """
        if not 1.0 <= window_floor_s <= FULL_WINDOW_S:
            raise ConfigError(f"window_floor_s: found {window_floor_s}, expected 1 to {FULL_WINDOW_S:g} seconds")
        self._window_floor_s = window_floor_s
        self._tokenizer = _load_tokenizer(model_dir)
        self._model = _load_model(model_dir, compute_type, workers, threads_per_worker)
        self._language = self._checked_language(language)
        self._warm_up(workers)

    def _warm_up(self, workers: int) -> None:
        """Each worker takes its memory with its first utterance (10 to 40 MB, measured): here instead of in a call."""
        noise = np.random.default_rng(0).standard_normal(_WARM_UP_S * SAMPLE_RATE_HZ).astype(np.float32) * np.float32(
            0.05
        )
        with ThreadPoolExecutor(workers) as threads:
            list(threads.map(self.transcribe, [noise] * workers))

    def transcribe(self, samples: Float32) -> Transcript:
        """Turn one utterance into text.

        Args:
            samples: float32, shape (n,), mono, 16 kHz, range [-1, 1]. More than 29 s are transcribed in pieces, split
                where it is quiet.

        Raises:
            ValueError: another dtype or shape, or a value that is not finite.
            EngineError: the model failed.
        """
        _check_samples(samples)
        if is_silent(samples):
            return Transcript("", self._language or "", 1.0, 0.0, 0.0, False)
        language = self._language
        transcripts = []
        for piece in _split(samples):
            transcript = self._transcribe_piece(piece, language)
            transcripts.append(transcript)
            if transcript.text:
                language = transcript.language
        return transcripts[0] if len(transcripts) == 1 else _joined(transcripts)

    def _transcribe_piece(self, samples: Float32, language: str | None) -> Transcript:
        seconds = samples.size / SAMPLE_RATE_HZ
        window_s = min(FULL_WINDOW_S, max(self._window_floor_s, seconds + _MARGIN_S))
        decoding = self._decode(samples, window_s, language)
        elapsed = decoding.elapsed
        fell_back = decoding.looped and not decoding.invented and window_s < FULL_WINDOW_S
        if fell_back:
            decoding = self._decode(samples, FULL_WINDOW_S, language)
            elapsed += decoding.elapsed
        text = "" if decoding.invented else decoding.text
        return Transcript(
            text=cut_repetition(text, capped=decoding.capped) if decoding.looped else text,
            language=decoding.language,
            no_speech_probability=decoding.no_speech_probability,
            avg_logprob=decoding.avg_logprob,
            window_s=decoding.window_s,
            fell_back=fell_back,
            elapsed=elapsed,
        )

    def _decode(self, samples: Float32, window_s: float, language: str | None) -> _Decoding:
        started_s = time.perf_counter()
        # The encoder halves the frames, so their number is even.
        frames = round(window_s * _FRAMES_PER_S / 2) * 2
        features = log_mel(samples, max(frames, -(-samples.size // 320) * 2), self._model.n_mels)
        mel_done_s = time.perf_counter()
        cap_tokens = min(int(_TOKENS_PER_S * samples.size / SAMPLE_RATE_HZ + _TOKENS_MARGIN), _LONGEST_TEXT_TOKENS)
        try:
            encoded = self._model.encode(ctranslate2.StorageView.from_array(features[None]))
            encode_done_s = time.perf_counter()
            language = language or self._detect_language(encoded)
            [result] = self._model.generate(
                encoded,
                [self._prompt(language)],
                beam_size=1,
                max_length=2 * cap_tokens,  # CTranslate2 keeps half of it for the prompt
                return_scores=True,
                return_no_speech_prob=True,
            )
        except RuntimeError as error:
            raise EngineError(f"whisper: CTranslate2 failed on {samples.size} samples: {error}") from error
        tokens: list[int] = result.sequences_ids[0]
        return _Decoding(
            text=self._tokenizer.decode(tokens).strip(),
            language=language,
            no_speech_probability=float(result.no_speech_prob),
            # CTranslate2 leaves the end token out of the count though its probability is in the sum.
            avg_logprob=float(result.scores[0]) * len(tokens) / (len(tokens) + 1),
            window_s=window_s,
            capped=len(tokens) >= cap_tokens,
            elapsed=Elapsed(mel_done_s - started_s, encode_done_s - mel_done_s, time.perf_counter() - encode_done_s),
        )

    def _detect_language(self, encoded: "ctranslate2.StorageView") -> str:
        [ranked] = self._model.detect_language(encoded)
        token: str = ranked[0][0]
        return token.strip("<|>")

    def _prompt(self, language: str) -> list[int]:
        # No time stamps: that mode loops in a short window (measured).
        names = ["<|startoftranscript|>", "<|notimestamps|>"]
        if self._model.is_multilingual:
            names[1:1] = [f"<|{language}|>", "<|transcribe|>"]
        return [token for name in names if (token := self._tokenizer.token_to_id(name)) is not None]

    def _checked_language(self, language: str | None) -> str | None:
        if not self._model.is_multilingual:
            if language not in (None, "en"):
                raise ConfigError(f"language: found {language!r}, but this Whisper model knows English ('en') only")
            return "en"
        if language is not None and self._tokenizer.token_to_id(f"<|{language}|>") is None:
            raise ConfigError(f"language: found {language!r}, expected a code that Whisper knows, such as 'en' or 'de'")
        return language


def _load_tokenizer(model_dir: Path) -> tokenizers.Tokenizer:
    path = model_dir / "tokenizer.json"
    if not path.is_file():
        raise ModelError(f"model_dir: {path} is not there; a Whisper model needs its tokenizer beside model.bin")
    try:
        return tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise ModelError(f"model_dir: {path} is not a tokenizer: {error}; fetch or copy the model again") from error


def _load_model(model_dir: Path, compute_type: str, workers: int, threads: int) -> "ctranslate2.models.Whisper":
    try:
        return ctranslate2.models.Whisper(
            str(model_dir), device="cpu", compute_type=compute_type, inter_threads=workers, intra_threads=threads
        )
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            f"model_dir: {model_dir} does not load as a CTranslate2 Whisper model with compute_type={compute_type!r}: "
            f"{error}; fetch or convert the model again"
        ) from error


def _check_samples(samples: Float32) -> None:
    if not isinstance(samples, np.ndarray) or samples.dtype != np.float32 or samples.ndim != 1:
        found = f"{samples.dtype} {samples.shape}" if isinstance(samples, np.ndarray) else type(samples).__name__
        raise ValueError(f"samples: found {found}, expected a float32 array of shape (n,)")
    if not np.isfinite(samples).all():
        raise ValueError("samples: found a value that is not finite (NaN or infinity)")


def _split(samples: Float32) -> list[Float32]:
    """Cut what is longer than a window at the quietest spot of its last ten seconds."""
    pieces = []
    longest, search = int(_LONGEST_PIECE_S * SAMPLE_RATE_HZ), int(_SPLIT_SEARCH_S * SAMPLE_RATE_HZ)
    while samples.size > longest:
        cut = quietest_spot(samples, longest - search, longest)
        pieces.append(samples[:cut])
        samples = samples[cut:]
    return [*pieces, samples]


def _joined(transcripts: list[Transcript]) -> Transcript:
    spoken = [transcript for transcript in transcripts if transcript.text] or transcripts[:1]
    elapsed = Elapsed()
    for transcript in transcripts:
        elapsed += transcript.elapsed
    return Transcript(
        text=" ".join(transcript.text for transcript in spoken),
        language=spoken[0].language,
        no_speech_probability=min(transcript.no_speech_probability for transcript in spoken),
        avg_logprob=sum(transcript.avg_logprob for transcript in spoken) / len(spoken),
        window_s=max(transcript.window_s for transcript in spoken),
        fell_back=any(transcript.fell_back for transcript in transcripts),
        elapsed=elapsed,
    )
