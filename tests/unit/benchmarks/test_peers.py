"""The comparison's plan: who is asked what, in which order, in which voices; and where the peer's packages come from."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from benchmarks.contenders import CallOutcome, TurnOutcome, pipecat
from benchmarks.exchanges import Exchange
from benchmarks.json_child import JsonChild
from benchmarks.machine import ROOT
from benchmarks.peer.configurations import CONFIGURATIONS
from benchmarks.peers import NAMES, Records, grouped, in_turn
from benchmarks.system import BenchmarkError
from benchmarks.utterances import LEVEL_DBFS, LOUDEST, RATE_HZ, UTTERANCES, joined, levelled, trimmed

from steadyline.audio.levels import rms_dbfs
from steadyline.audio.pcm import Float32
from steadyline.config import Config

SAME_ENGINES = ("ctranslate2", "kokoro-onnx", "numpy", "onnxruntime", "piper-tts", "tokenizers")


def tone(seconds: float, amplitude: float = 0.1) -> Float32:
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * 300 * times)).astype(np.float32)


def silence(seconds: float) -> Float32:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def test_utterances_are_of_several_voices_and_some_have_a_pause_inside() -> None:
    assert len(UTTERANCES) >= 14
    assert len({utterance.name for utterance in UTTERANCES}) == len(UTTERANCES)
    assert {utterance.voice.partition(":")[0] for utterance in UTTERANCES} == {"piper", "kokoro", "espeak"}
    assert f"kokoro:{Config().kokoro.voice}" not in {utterance.voice for utterance in UTTERANCES}
    paused = [utterance for utterance in UTTERANCES if len(utterance.parts) > 1]
    assert len(paused) >= 4 and all((len(u.parts) > 1) == (u.pause_s > 0) for u in UTTERANCES)


def test_a_pause_is_as_long_as_it_says() -> None:
    parts = [trimmed(np.concatenate([silence(0.4), tone(0.5), silence(0.3)])) for _ in range(2)]
    whole = joined(parts, 0.6)
    quiet = np.flatnonzero(np.abs(whole) > 0.01)
    gaps_s = np.diff(quiet) / RATE_HZ
    assert gaps_s.max() == pytest.approx(0.6, abs=0.03)
    assert whole.size / RATE_HZ == pytest.approx(1.6, abs=0.06)


def test_utterances_are_equally_loud_and_not_clipped() -> None:
    for amplitude in (0.002, 0.05, 0.9):
        assert rms_dbfs(levelled(tone(0.5, amplitude))) == pytest.approx(LEVEL_DBFS, abs=0.1)
    spiked = tone(0.5)
    spiked[100] = 1.0
    assert np.abs(levelled(spiked * np.float32(0.01))).max() == pytest.approx(LOUDEST, abs=0.01)


def test_every_round_begins_with_another_contender() -> None:
    rounds = [in_turn(NAMES, number) for number in range(5)]
    assert [first for first, *_ in rounds] == [*NAMES, NAMES[0]]
    assert all(sorted(names) == sorted(NAMES) for names in rounds)


def test_calls_have_all_utterances_in_order() -> None:
    paths = [Path(f"{number}.wav") for number in range(7)]
    groups = grouped(paths, 3)
    assert [len(group) for group in groups] == [3, 3, 1]
    assert [path for group in groups for path in group] == paths


class FlakySystem:
    """Fails as often as it is told, then answers."""

    def __init__(self, failures: int) -> None:
        self._failures = failures

    def call(self, say: Sequence[Path]) -> CallOutcome:
        if self._failures:
            self._failures -= 1
            raise BenchmarkError("the line went dead")
        turns = [TurnOutcome(path.stem, Exchange(1.0, 2.0, None, 2.7), 1, "", "", {}) for path in say]
        return CallOutcome(tuple(turns), cpu_s=4.0, pss_mb=900.0, duration_s=20.0)


def test_the_first_question_of_a_call_is_not_counted() -> None:
    told: list[str] = []
    records = Records(told.append)
    where = {"round": 1, "contender": "tuned", "voice": "piper"}
    records.hold(FlakySystem(0), [Path("warm-up.wav"), Path("one.wav"), Path("two.wav")], where)
    assert [turn["utterance"] for turn in records.turns] == ["one", "two"]
    assert all(turn["wait_ms"] == 700.0 and turn["cut"] is False for turn in records.turns)
    assert records.calls == [{**where, "turns": 3, "cpu_s": 4.0, "pss_mb": 900.0, "duration_s": 20.0}]
    assert told == ["round 1, tuned, piper: 700, 700 ms"]


def test_a_call_that_failed_is_noted_and_made_once_more() -> None:
    records = Records(lambda _: None)
    where = {"round": 2, "contender": "steadyline", "voice": "kokoro"}
    records.hold(FlakySystem(1), [Path("warm-up.wav"), Path("one.wav")], where)
    assert records.failures == [{**where, "error": "the line went dead"}] and len(records.turns) == 1
    with pytest.raises(BenchmarkError, match="the line went dead"):
        records.hold(FlakySystem(2), [Path("warm-up.wav"), Path("one.wav")], where)


def test_the_peer_is_set_up_as_documented_tuned_and_with_our_window() -> None:
    assert list(CONFIGURATIONS) == ["documented", "tuned", "tuned-short-window"]
    documented, tuned, short = CONFIGURATIONS.values()
    assert documented.smart_turn and not tuned.smart_turn and not documented.short_window
    assert (tuned.vad_stop_s, tuned.speech_timeout_s) == (short.vad_stop_s, short.speech_timeout_s)
    assert short.short_window and not tuned.short_window


def test_a_peer_that_is_not_installed_is_told_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.contenders.PEER_PYTHON", ROOT / ".venv-peer-absent" / "bin" / "python")
    with pytest.raises(BenchmarkError, match="make peer"), pipecat("tuned", "piper", tmp_path):
        pass


def test_a_child_that_ends_without_a_word_is_an_error() -> None:
    with JsonChild(sys.executable, "benchmarks.machine") as child, pytest.raises(BenchmarkError, match="said nothing"):
        child.line(30.0)


def test_the_peer_has_the_same_engines_as_we_have() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))

    ours, peer = pins("requirements.lock"), pins("benchmarks/requirements-peer.lock")
    assert {name: peer[name] for name in SAME_ENGINES} == {name: ours[name] for name in SAME_ENGINES}
    assert peer["pipecat-ai"] == "1.14.0"
