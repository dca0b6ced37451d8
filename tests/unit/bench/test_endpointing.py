"""`bench endpointing` judges right: who was cut, how long the others waited, what may be replayed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from steadyline.audio.pcm import Float32
from steadyline.bench.endpointing.recording import Recording, RecordingError, read_recordings, write_recording
from steadyline.bench.endpointing.replay import Decision, Outcome, Replay, TimedRecognizer
from steadyline.bench.endpointing.report import as_dict, page, summary, table
from steadyline.bench.endpointing.speaking import SHIPPED, read_utterances
from steadyline.cli import main
from steadyline.config_file import load_config
from steadyline.drills.tone_speech import GAP_S, speak
from steadyline.engines.vad_energy import EnergyVad
from steadyline.errors import ConfigError
from steadyline.services.turn_ending import load_turn_words

RATE_HZ = 16_000


def recording(first: str, pause_s: float = 0.0, second: str = "") -> Recording:
    """Tones, a pause, tones; the gap behind the last word is none of its."""
    parts = [speak(first, RATE_HZ)]
    if second:
        parts += [np.zeros(round((pause_s - GAP_S) * RATE_HZ), np.float32), speak(second, RATE_HZ)]
    samples = np.concatenate(parts)
    return Recording("it", "words", samples, RATE_HZ, len(samples) / RATE_HZ - GAP_S, pause_s > 0)


def replayed(said: Recording, texts: Callable[[Float32], str], *settings: str, takes_ms: float = 100.0) -> Outcome:
    config = load_config(None, settings)
    recognizer = TimedRecognizer(texts, takes_ms)
    return Replay(config, load_turn_words(config), EnergyVad(), recognizer).play(said)


def test_a_whole_sentence_waits_as_long_as_the_table_says_and_plain_silence_longer() -> None:
    said = recording("alpha bravo charlie delta")
    by_words = replayed(said, lambda speech: "I live in Berlin.")
    by_silence = replayed(said, lambda speech: "I live in Berlin.", "inbound.turn_end=silence")
    assert not by_words.is_cut and not by_silence.is_cut
    assert by_words.decisions[-1].ending == "sentence"
    assert 500 <= (by_words.wait_ms or 0) < 600 <= (by_silence.wait_ms or 0) < 700


def test_the_wait_has_the_words_in_it() -> None:
    """300 ms would do for a yes; its transcription begins after 64 ms and takes 350."""
    outcome = replayed(recording("alpha bravo"), lambda speech: "Yes.", takes_ms=350)
    assert 400 <= (outcome.wait_ms or 0) < 500


def test_words_that_come_after_the_silence_do_not_decide_but_are_waited_for() -> None:
    outcome = replayed(recording("alpha bravo"), lambda speech: "My name is", takes_ms=1100)
    assert outcome.decisions[-1].ending == ""
    assert 1000 <= outcome.decisions[-1].at_ms < 1100
    assert 1150 <= (outcome.wait_ms or 0) < 1250


def test_words_that_come_before_a_whole_second_decide() -> None:
    outcome = replayed(recording("alpha bravo"), lambda speech: "My name is", takes_ms=700)
    assert outcome.decisions[-1].ending == "unfinished" and 2000 <= (outcome.wait_ms or 0) < 2100


def test_a_pause_is_a_cut_or_none() -> None:
    said = recording("alpha bravo charlie", 1.0, "delta echo foxtrot")

    def words(speech: Float32) -> str:
        return "My name is" if len(speech) < 1.2 * RATE_HZ else "My name is Peter Miller."

    by_words = replayed(said, words)
    assert not by_words.is_cut and len(by_words.decisions) == 1 and (by_words.wait_ms or 0) < 650
    by_silence = replayed(said, words, "inbound.turn_end=silence")
    assert by_silence.is_cut and len(by_silence.decisions) == 2
    assert by_silence.decisions[0].at_ms < -500


def test_silence_is_no_utterance() -> None:
    nothing = Recording("it", "", np.zeros(RATE_HZ, np.float32), RATE_HZ, 0.5, False)
    outcome = replayed(nothing, lambda speech: "")
    assert outcome.decisions == () and outcome.wait_ms is None and not outcome.is_cut


def outcome(at_ms: float, words_ms: float, *, has_pause: bool) -> Outcome:
    return Outcome("it", "words", has_pause, (Decision(at_ms, words_ms, "words", "open"),))


def test_shares_and_percentiles() -> None:
    outcomes = [
        outcome(-800, -500, has_pause=True),
        *(outcome(300, 100.0 * number, has_pause=True) for number in range(1, 4)),
        *(outcome(300, 100.0 * number, has_pause=False) for number in range(1, 12)),
        Outcome("it", "words", False, ()),
    ]
    figures = summary(outcomes)
    assert (figures["paused"], figures["paused_cut"], figures["paused_cut_share"]) == (4, 1, 0.25)
    assert (figures["paused_wait_ms_p50"], figures["whole_wait_ms_p50"], figures["whole_wait_ms_p90"]) == (
        200,
        600,
        1000,
    )
    assert (figures["whole"], figures["whole_cut"], figures["not_found"]) == (12, 0, 2)
    told = as_dict({"words": outcomes}, [100.0, 200.0])
    assert told["policies"]["words"] == figures and told["transcription_ms_p50"] == 150
    shown = table({"words": outcomes}, [100.0])
    assert "1 of 4" in shown and "600 / 1000 ms" in shown and "cut by words: it: 'words' (-800 ms)" in shown


def test_nothing_measured_is_told_as_nothing() -> None:
    assert summary([])["paused_cut_share"] is None and summary([])["whole_wait_ms_p50"] is None


def test_recordings_are_read_as_they_were_written(tmp_path: Path) -> None:
    said = recording("alpha", 0.5, "bravo")
    write_recording(said, tmp_path)
    (read,) = read_recordings(tmp_path)
    assert (read.name, read.text, read.rate_hz, read.has_pause) == ("it", "words", RATE_HZ, True)
    assert abs(read.end_s - said.end_s) <= 0.001 and len(read.samples) == len(said.samples)


@pytest.mark.parametrize(
    ("beside", "complaint"),
    [
        (None, "it.toml: "),
        ("text = ", "it.toml: "),
        ("end_s = 0.1\nhas_pause = true", "text is None, expected the words"),
        ('text = "a"\nend_s = 9\nhas_pause = true', "end_s is 9, expected seconds, above 0 and up to 0.160"),
        ('text = "a"\nend_s = true\nhas_pause = true', "end_s is True, expected seconds"),
        ('text = "a"\nend_s = 0.1\nhas_pause = 1', "has_pause is 1, expected true or false"),
    ],
)
def test_a_recording_without_its_facts_is_told(tmp_path: Path, beside: str | None, complaint: str) -> None:
    write_recording(recording("alpha"), tmp_path)
    file = tmp_path / "it.toml"
    file.unlink()
    if beside is not None:
        file.write_text(beside)
    with pytest.raises(RecordingError) as told:
        read_recordings(tmp_path)
    assert complaint in str(told.value)


def test_a_folder_without_recordings_ends_the_command_with_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "endpointing", "--recordings", str(tmp_path)]) == 2
    assert "no .wav file is there" in capsys.readouterr().err


def test_the_shipped_list_has_enough_of_both_kinds_and_several_voices() -> None:
    utterances = read_utterances(SHIPPED)
    paused = [utterance for utterance in utterances if utterance.pauses_s]
    assert len(paused) >= 24 and len(utterances) - len(paused) >= 24
    assert all(0.4 <= pause_s <= 1.5 for utterance in paused for pause_s in utterance.pauses_s)
    assert len({utterance.voice for utterance in paused}) >= 2
    assert not any(utterance.voice == f"kokoro:{load_config(None).kokoro.voice}" for utterance in utterances)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("a = 1", 'a: voice is None, expected "piper", or "kokoro:"'),
        ('a = { voice = "espeak", say = ["x"] }', "a: voice is 'espeak'"),
        ('a = { voice = "piper", say = "x" }', "a: say is 'x', expected texts with a pause between each two"),
        ('a = { voice = "piper", say = ["x", "y"] }', "a: say is ['x', 'y']"),
        ('a = { voice = "piper", say = ["x", 9, "y"] }', "up to 3 s"),
        ("a =", "cannot be read"),
    ],
)
def test_a_wrong_list_is_told(tmp_path: Path, line: str, complaint: str) -> None:
    (tmp_path / "list.toml").write_text(line)
    with pytest.raises(RecordingError) as told:
        read_utterances(tmp_path / "list.toml")
    assert complaint in str(told.value)


def test_a_wrong_setting_is_told_before_anything_is_spoken(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError):
        load_config(None, ["inbound.turn_end=luck"])
    assert main(["bench", "endpointing", "--set", "inbound.turn_end=luck"]) == 2
    assert "one of words, silence" in capsys.readouterr().err


def test_the_page_shows_every_utterance_and_what_was_cut() -> None:
    by_policy = {"words": [outcome(400, 420, has_pause=False), outcome(-900, -900, has_pause=True)]}
    told = page("steadyline bench endpointing", as_dict(by_policy, [150.0]))
    assert "1 of 1" in told and "420 ms" in told and "<td>cut" in told and "words (-900 ms)" in told
