"""What inbound knows of a pause, and where the table of words comes from."""

from pathlib import Path

import pytest

from steadyline.audio.endpointing import Resumed, SoftEnd, SpeechEnded, SpeechStarted
from steadyline.config import Config
from steadyline.config_file import load_config
from steadyline.errors import ConfigError
from steadyline.services.turn_ending import TurnEnding, load_turn_words
from steadyline.wire.messages import Hypothesis

SENTENCE = "I live in Berlin."


def paused(at_ms: int = 1000) -> TurnEnding:
    ending = TurnEnding(Config(), load_turn_words(Config()))
    ending.follow(SpeechStarted(0))
    ending.follow(SoftEnd(0, at_ms * 16))
    return ending


def test_words_of_the_pause_that_is_going_on_decide() -> None:
    assert paused().wait_ms(Hypothesis(0, 1, SENTENCE), 1) == 550


@pytest.mark.parametrize(("start", "revision"), [(0, 0), (0, 2), (16, 1)])
def test_words_of_another_pause_do_not(start: int, revision: int) -> None:
    assert paused().wait_ms(Hypothesis(start, revision, SENTENCE), 1) is None


def test_words_that_come_when_the_caller_goes_on_or_has_ended_do_not() -> None:
    for later in (Resumed(0, 17_000), SpeechEnded(0, 30_000, "silence", 12_000)):
        ending = paused()
        ending.follow(later)
        assert ending.wait_ms(Hypothesis(0, 1, SENTENCE), 1) is None


def test_a_caller_who_was_cut_and_went_on_is_waited_for_longer() -> None:
    ending = paused()
    ending.follow(SpeechEnded(0, 20_000, "silence", 12_800))
    ending.follow(SpeechStarted(20_000))
    ending.follow(SoftEnd(20_000, 40_000))
    assert 550 < (ending.wait_ms(Hypothesis(20_000, 1, SENTENCE), 1) or 0) < 660


def test_a_pause_that_words_explain_is_no_habit() -> None:
    waits = []
    for text in ("My name is", SENTENCE):
        ending = paused()
        ending.wait_ms(Hypothesis(0, 1, text), 1)
        ending.follow(Resumed(0, 32_000))
        ending.follow(SoftEnd(0, 48_000))
        waits.append(ending.wait_ms(Hypothesis(0, 2, SENTENCE), 2))
    assert waits[0] == 550 < (waits[1] or 0)


def test_a_new_turn_after_an_answer_is_no_pause() -> None:
    ending = paused()
    ending.follow(SpeechEnded(0, 20_000, "silence", 12_800))
    ending.follow(SpeechStarted(60_000))
    ending.follow(SoftEnd(60_000, 80_000))
    assert ending.wait_ms(Hypothesis(60_000, 1, SENTENCE), 1) == 550


def test_another_language_has_marks_alone(tmp_path: Path) -> None:
    for language in ("de", ""):
        assert load_turn_words(load_config(None, [f"whisper.language={language}"])) is None
    (tmp_path / "de.toml").write_text('answers = ["ja"]')
    own = load_turn_words(load_config(None, ["whisper.language=de", f"inbound.turn_words={tmp_path}"]))
    assert own is not None and own.answers == {("ja",)}


def test_a_folder_or_a_table_that_is_wrong_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"inbound.turn_words: .*nowhere is no folder"):
        load_turn_words(load_config(None, [f"inbound.turn_words={tmp_path / 'nowhere'}"]))
    (tmp_path / "en.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"inbound.turn_words: .*en.toml cannot be read"):
        load_turn_words(load_config(None, [f"inbound.turn_words={tmp_path}"]))


def test_words_that_whisper_works_on_are_waited_for() -> None:
    ending = paused()
    assert ending.silence_ms(are_words_coming=True) == 1000
    assert ending.silence_ms(are_words_coming=False) == 600
    ending.wait_ms(Hypothesis(0, 1, "My name is"), 1)
    assert ending.silence_ms(are_words_coming=False) == 2000, "whisper died when it had told the words"
    ending.follow(Resumed(0, 32_000))
    ending.follow(SoftEnd(0, 48_000))
    assert ending.silence_ms(are_words_coming=True) == 1000


@pytest.mark.parametrize("setting", ["turn_end", "prepare_after_ms"])
def test_nobody_waits_for_words_that_do_not_decide_or_do_not_come(setting: str) -> None:
    config = Config()
    setattr(config.inbound, setting, "silence" if setting == "turn_end" else 0)
    ending = TurnEnding(config, None)
    ending.follow(SpeechStarted(0))
    ending.follow(SoftEnd(0, 10_000))
    assert ending.silence_ms(are_words_coming=True) == 600
