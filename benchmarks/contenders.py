"""One call of a comparison, held by our own system over SIP or by the peer in its process; both looked at the same way."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import soundfile

from benchmarks.exchanges import Exchange, find_exchanges, was_cut
from benchmarks.json_child import JsonChild
from benchmarks.machine import ROOT
from benchmarks.peer_stages import in_window, peer_stages, texts
from benchmarks.process_usage import cpu_seconds, family, memory_of
from benchmarks.system import BenchmarkError, MeasuredSystem
from steadyline.calls.records import TurnRecord
from steadyline.config import Config
from steadyline.models.store import default_store, resolve, resolve_file

REPLY_SILENCE_S = 3.0
"""Longer than the pauses between the clauses of a slow voice, or the next utterance would cut into the answer."""
CALL_DEADLINE_S = 900.0
LOAD_DEADLINE_S = 120.0
PEER_PYTHON = ROOT / ".venv-peer" / "bin" / "python"
SAMPLE_INDEX_HZ = 16_000


@dataclass(frozen=True)
class TurnOutcome:
    """One utterance in a call.

    Attributes:
        utterance: its name.
        exchange: what the recording has of it.
        turns: how many turns the system took it for.
        caller_text: what was understood.
        reply_text: what was replied.
        stages_ms: the parts of the wait, as far as the system tells.
    """

    utterance: str
    exchange: Exchange
    turns: int
    caller_text: str
    reply_text: str
    stages_ms: dict[str, float]

    @property
    def cut(self) -> bool:
        """Whether it was cut at a pause."""
        return was_cut(self.exchange, self.turns)

    def as_dict(self) -> dict[str, Any]:
        """A JSON object, wait and verdict included."""
        return {**asdict(self), "wait_ms": self.exchange.wait_ms, "cut": self.cut}


@dataclass(frozen=True)
class CallOutcome:
    """A call with all its turns.

    Attributes:
        turns: in order.
        cpu_s: CPU time of all processes of the system during the call, seconds.
        pss_mb: their memory at its end, MB.
        duration_s: length of the recording.
    """

    turns: tuple[TurnOutcome, ...]
    cpu_s: float
    pss_mb: float
    duration_s: float


class Contender(Protocol):
    """A system, loaded and waiting for calls."""

    def call(self, say: Sequence[Path]) -> CallOutcome:
        """Hold a call in which these files are said in turn.

        Raises:
            BenchmarkError: it did not go to its end.
        """
        ...


@contextmanager
def steadyline(voice: str) -> Iterator[Contender]:
    """Our own system with default settings and this voice, called over SIP on the loopback."""
    with MeasuredSystem(f"tts.engine={voice}") as system:
        yield _Steadyline(system)


@contextmanager
def pipecat(configuration: str, voice: str, folder: Path) -> Iterator[Contender]:
    """Pipecat in this configuration, with the same models; each call is a process of its own. Recordings go into `folder`.

    Raises:
        BenchmarkError: the peer is not installed.
    """
    if not PEER_PYTHON.exists():
        raise BenchmarkError(f"Pipecat is not installed: there is no {PEER_PYTHON.relative_to(ROOT)}; run: make peer")
    with JsonChild(sys.executable, "benchmarks.peer.llm_server", *_llm_arguments()) as server:
        yield _Pipecat(configuration, voice, server.line(LOAD_DEADLINE_S), server, folder)


class _Steadyline:
    def __init__(self, system: MeasuredSystem) -> None:
        self._system = system

    def call(self, say: Sequence[Path]) -> CallOutcome:
        pids = family(self._system.pid)
        before = cpu_seconds(pids)
        options = [option for path in say for option in ("--say", str(path))]
        telephone = self._system.start_call("--reply-silence", f"{REPLY_SILENCE_S:g}", *options)
        report = self._system.completed(telephone.finish(CALL_DEADLINE_S))
        cpu_s = _spent(before, cpu_seconds(pids))
        said_from_s = [turn["said_start_s"] for turn in report["turns"]]
        channels, rate_hz = soundfile.read(report["recording"], dtype="int16", always_2d=True)
        journaled = [turn for turn in self._system.recorded_calls(1)[0].turns if turn.start_sample is not None]
        turns = []
        for path, exchange in zip(say, find_exchanges(channels, rate_hz, said_from_s), strict=True):
            turns.append(_journaled_turn(path.stem, exchange, [turn for turn in journaled if _covers(turn, exchange)]))
        return CallOutcome(tuple(turns), cpu_s, memory_of(pids).pss_bytes / 1e6, len(channels) / rate_hz)


class _Pipecat:
    def __init__(self, configuration: str, voice: str, llm: dict[str, Any], server: "JsonChild", folder: Path) -> None:
        self._configuration = configuration
        self._models = {**_models(voice), "llm_url": llm["url"], "llm_key": llm["key"]}
        self._server = server
        self._folder = folder

    def call(self, say: Sequence[Path]) -> CallOutcome:
        recording = self._folder / "call.wav"
        request = {
            "configuration": self._configuration,
            "models": self._models,
            "say": [str(path) for path in say],
            "greeting": Config().llama.greeting,
            "reply_silence_s": REPLY_SILENCE_S,
            "recording": str(recording),
        }
        with JsonChild(str(PEER_PYTHON), "benchmarks.peer") as peer:
            peer.tell(request)
            peer.line(LOAD_DEADLINE_S)
            pids = [*family(peer.pid), *family(self._server.pid)]
            before = cpu_seconds(pids)
            report = peer.line(CALL_DEADLINE_S)
            cpu_s, memory = _spent(before, cpu_seconds(pids)), memory_of(pids)
        if not report["completed"]:
            raise BenchmarkError(f"Pipecat, {self._configuration}: the call did not go to its end: {report}")
        channels, rate_hz = soundfile.read(recording, dtype="int16", always_2d=True)
        exchanges = find_exchanges(channels, rate_hz, report["said_from_s"])
        ends_s = [*(exchange.said_start_s for exchange in exchanges[1:]), len(channels) / rate_hz]
        turns = []
        for path, exchange, end_s in zip(say, exchanges, ends_s, strict=True):
            events = in_window(report["events"], exchange.said_start_s, end_s)
            heard, replied = texts(events)
            prompts = sum(event["kind"] == "prompt" for event in events)
            turns.append(TurnOutcome(path.stem, exchange, prompts, heard, replied, peer_stages(events, exchange)))
        return CallOutcome(tuple(turns), cpu_s, memory.pss_bytes / 1e6, len(channels) / rate_hz)


def _models(voice: str) -> dict[str, Any]:
    """The models of our own default configuration, as the peer's `Models` has them."""
    config, store = Config(), default_store()
    return {
        "whisper": str(resolve(config.whisper.model, store)),
        "compute_type": config.whisper.compute_type,
        "voice": voice,
        "piper": str(resolve_file(config.piper.model, store, ".onnx")),
        "kokoro": str(resolve_file(config.kokoro.model, store, ".onnx")),
        "kokoro_voices": str(resolve_file(config.kokoro.voices, store, ".npz")),
        "kokoro_voice": config.kokoro.voice,
        "persona": config.llama.persona,
        "max_tokens": config.llama.max_tokens,
        "temperature": config.llama.temperature,
    }


def _llm_arguments() -> list[str]:
    config = Config()
    model = resolve_file(config.llama.model, default_store(), ".gguf")
    numbers = {
        "--threads": config.llama.threads,
        "--slots": config.gateway.max_calls,
        "--context-tokens": config.llama.context_tokens,
    }
    return [str(model), *(text for name, number in numbers.items() for text in (name, str(number)))]


def _journaled_turn(name: str, exchange: Exchange, journaled: Sequence[TurnRecord]) -> TurnOutcome:
    heard = " ".join(turn.caller_text for turn in journaled if turn.caller_text)
    replied = " ".join(turn.reply_text for turn in journaled if turn.reply_text)
    stages = dict(journaled[-1].timings_ms) if journaled else {}
    return TurnOutcome(
        name, exchange, len(journaled), heard, replied, {key: round(ms, 1) for key, ms in stages.items()}
    )


def _covers(turn: TurnRecord, exchange: Exchange) -> bool:
    """Whether the caller's audio that the journaled turn was made of overlaps the utterance."""
    if turn.start_sample is None or turn.end_sample is None:
        return False
    return (
        turn.start_sample / SAMPLE_INDEX_HZ < exchange.said_end_s
        and turn.end_sample / SAMPLE_INDEX_HZ > exchange.said_start_s
    )


def _spent(before: dict[int, float], after: dict[int, float]) -> float:
    return sum(after[pid] - spent for pid, spent in before.items() if pid in after)
