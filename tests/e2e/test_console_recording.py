"""A call's page in Chromium: its recording is drawn to the time line's scale, is heard, and can be sought in by click and key."""

from pathlib import Path

import pytest
from selenium.webdriver import Keys
from tests.e2e.chromium import Chromium
from tests.e2e.console_screenshots import console
from tests.unit.console.recorded import UUID, recorder, talk
from tests.unit.console.scene import Scene

pytestmark = pytest.mark.e2e

LENGTH_S = 8.0
ANSWERED_S = 1.0
"""`Scene.with_call` answers so long after the call began, and ends it after 10 s."""
TIME_LINE_S = 10.0
PLACE = "return document.querySelector('[role=slider]').getAttribute('aria-valuetext');"
AT = "return document.querySelector('audio').currentTime;"
SLIDER = "[role=slider]"
CLICK = """
const slider = document.querySelector("[role=slider]");
const place = slider.getBoundingClientRect();
const clientX = place.left + arguments[0] * place.width;
slider.dispatchEvent(new MouseEvent("click", { clientX, clientY: place.top + 5, bubbles: true }));
"""
DRAWN = """
const frame = document.querySelector("[role=slider]").getBoundingClientRect();
const wave = document.querySelector(".wave svg").getBoundingClientRect();
return [(wave.left - frame.left) / frame.width, wave.width / frame.width];
"""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    made = Scene(tmp_path)
    made.with_call(UUID)
    return made


def test_it_is_drawn_to_scale_and_heard_from_where_one_wants(scene: Scene, tmp_path: Path) -> None:
    with recorder(scene) as recording:
        talk(recording, LENGTH_S)
    with console(scene) as address, Chromium(tmp_path / "profile", None) as browser:
        browser.open(f"{address}/calls/{UUID}")
        browser.wait(lambda: browser.texts("play-head") != [], "the wave form")
        begin, width = browser.run(DRAWN)
        assert abs(begin - ANSWERED_S / TIME_LINE_S) < 0.01 and abs(width - LENGTH_S / TIME_LINE_S) < 0.01
        assert browser.run(PLACE) == "0:00 of 0:08"
        browser.run(CLICK, (ANSWERED_S + 5.5) / TIME_LINE_S)
        browser.wait(lambda: abs(browser.run(AT) - 5.5) < 0.1, "a click seeks")
        browser.type(SLIDER, Keys.ARROW_LEFT)
        browser.wait(lambda: abs(browser.run(AT) - 0.5) < 0.1 and browser.run(PLACE) == "0:00 of 0:08", "a key seeks")
        browser.type(SLIDER, " ")
        browser.wait(lambda: browser.run(AT) > 1.5, "it plays")
        browser.wait(lambda: browser.texts("heard-now") != [], "the turn that is heard is marked")
        browser.wait(lambda: browser.run("return document.querySelector('audio').ended;"), "it is heard to its end")
        browser.type(SLIDER, Keys.HOME)
        browser.wait(lambda: browser.run(AT) == 0, "back to the beginning")
        assert browser.complaints() == []


def test_a_call_without_one_says_why_and_shows_the_rest(scene: Scene, tmp_path: Path) -> None:
    with console(scene) as address, Chromium(tmp_path / "profile", None) as browser:
        browser.open(f"{address}/calls/{UUID}")
        browser.wait(lambda: "was not recorded" in "".join(browser.texts("player")), "why there is none")
        assert "What is it?" in "".join(browser.texts("talk"))
