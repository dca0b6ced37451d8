"""The telephone in the browser, in Chromium: open the page, click once, and a conversation is going on."""

from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys
from tests.e2e.chromium import Chromium, microphone_file
from tests.e2e.conftest import WHISPER_HZ
from tests.e2e.questions import CAPITAL
from tests.e2e.system import System

from steadyline.audio.resampling import resample
from steadyline.engines.stt_whisper import WhisperRecognizer

pytestmark = pytest.mark.e2e


def address(system: System) -> str:
    return f"http://127.0.0.1:{system.config.webphone.port}/"


def test_one_click_and_a_conversation_is_going_on(system: System, listener: WhisperRecognizer, tmp_path: Path) -> None:
    # The microphone begins with the click; a question that comes before the call is answered is asked again.
    microphone = microphone_file(tmp_path / "microphone.wav", CAPITAL.path, before_s=6.0, after_s=14.0)
    with Chromium(tmp_path / "profile", microphone) as browser:
        browser.open(address(system))
        browser.element("call").click()
        browser.wait(lambda: "Talking" in browser.text("state"), "the call is answered")
        browser.begin_recording()
        browser.wait(lambda: "Paris" in browser.text("words"), "the answer is shown")
        browser.wait(lambda: "Paris" in " ".join(browser.texts("heard")), "all of it was heard")
        samples, rate_hz = browser.recording()
        assert "France" in browser.text("words")
        assert browser.element("call").text == "Hang up"
        browser.element("call").click()
        browser.wait(lambda: "Ended: You hung up." in browser.text("state"), "the page says that it is over")
        assert browser.complaints() == []
    assert "paris" in listener.transcribe(resample(samples, rate_hz, WHISPER_HZ)).text.lower()
    [call, *_] = system.recorded_calls()
    assert call.end_reason == "caller hung up" and "browser" in call.peer and call.codec == "opus"


def test_a_question_that_is_typed_is_answered_and_shown_as_the_callers(system: System, tmp_path: Path) -> None:
    silence = microphone_file(tmp_path / "microphone.wav", CAPITAL.path, before_s=300.0, after_s=1.0)
    with Chromium(tmp_path / "profile", silence) as browser:
        browser.open(address(system))
        typed, send = browser.element("typed"), browser.element("send")
        assert not typed.is_enabled() and not send.is_enabled(), "there is no call yet"
        browser.element("call").click()
        browser.wait(typed.is_enabled, "one may type")
        assert typed.accessible_name == "Type instead of speaking"
        assert typed.get_attribute("maxlength") == str(system.config.gateway.typed_max_chars)
        typed.send_keys("  ", Keys.ENTER)
        assert browser.texts("waiting") == [], "nothing was typed"
        typed.clear()
        typed.send_keys("What is the capital of France?", Keys.ENTER)
        assert typed.get_attribute("value") == ""
        browser.wait(lambda: "What is the capital of France?" in browser.text("words"), "it is shown")
        browser.wait(lambda: "Paris" in " ".join(browser.texts("heard")), "the answer was heard")
        assert browser.texts("waiting") == [], "it is a turn now"
        words = browser.text("words")
        assert words.count("What is the capital of France?") == 1
        browser.element("call").click()
        browser.wait(lambda: not typed.is_enabled(), "no more typing")
        assert browser.complaints() == []
    [call, *_] = system.recorded_calls()
    reply = call.turns[-1].reply_text
    assert reply and reply in words, "whoever copies it has a blank between two clauses"
    [call, *_] = system.recorded_calls()
    assert [turn.caller_text for turn in call.turns if turn.turn] == ["What is the capital of France?"]


def test_a_microphone_that_is_denied_is_told_with_what_to_do(system: System, tmp_path: Path) -> None:
    with Chromium(tmp_path / "profile", None) as browser:
        browser.open(address(system))
        browser.element("call").click()
        browser.wait(lambda: "is not allowed" in browser.text("trouble"), "the trouble is told")
        assert "Allow it for this page" in browser.text("trouble")
        assert browser.element("call").text == "Call"
