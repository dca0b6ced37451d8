"""The Settings page in Chromium: save, be told what is wrong where it is wrong, start again what reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys
from tests.e2e.chromium import Chromium
from tests.e2e.console_screenshots import console
from tests.unit.console.scene import Scene

from steadyline.config import marks
from steadyline.config_file import load_config

pytestmark = pytest.mark.e2e

SERVICES = ("gateway", "inbound", "whisper", "llama", "piper", "outbound", "supervisor")
WRITTEN = '# Smith and Daughters.\n[llama]\ngreeting = "Hello."  # Mary wrote this\n'
GREETING, TEMPERATURE = "setting-llama-greeting", "setting-llama-temperature"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    made = Scene(tmp_path)
    made.config_file.write_text(WRITTEN)
    tell_settings(made)
    return made


@pytest.fixture
def browser(scene: Scene, tmp_path: Path) -> Iterator[Chromium]:
    """At the page of a console on made-up services."""
    with console(scene) as address, Chromium(tmp_path / "profile", None) as chromium:
        chromium.open(f"{address}/settings")
        chromium.wait(lambda: "Greeting" in chromium.text("main"), "the settings are shown")
        yield chromium
        assert chromium.complaints() == []


def tell_settings(scene: Scene, old: tuple[str, ...] = ()) -> None:
    """All services run with what the file says now, but for `old`; one call is going on."""
    told = {"state": "ready", "settings": marks(load_config(scene.config_file)), "calls": [{"call_uuid": "call-0"}]}
    scene.answers = {name: scene.answers[name] if name in old else dict(told) for name in SERVICES}


def type_in(browser: Chromium, field: str, text: str) -> None:
    browser.element(field).clear()
    browser.element(field).send_keys(text)


def said(browser: Chromium) -> str:
    return browser.text("settings-said")


def test_save_and_start_again_what_reads_it(browser: Chromium, scene: Scene) -> None:
    type_in(browser, GREETING, "<b>Good day</b>.")
    browser.element(GREETING).send_keys(Keys.ENTER)
    browser.wait(lambda: said(browser) == "Saved: Greeting.", "it is saved")
    assert browser.focused().get_attribute("id") == GREETING, "the keyboard stays where it was"
    assert scene.config_file.read_text() == WRITTEN.replace("Hello.", "<b>Good day</b>.")
    assert browser.element(GREETING).get_attribute("value") == "<b>Good day</b>."
    assert "in force when llama and piper are started again" in browser.text("main")
    browser.button("Restart llama and piper").click()
    assert "1 call is going on, and does not end" in browser.text("ask-text")
    browser.button("Restart").click()
    browser.wait(lambda: scene.wishes == [("restart", "llama")], "one is asked for, the other waits for it")
    tell_settings(scene, old=("piper",))
    browser.wait(lambda: scene.wishes[1:] == [("restart", "piper")], "the other is asked for")
    tell_settings(scene)
    browser.wait(lambda: said(browser) == "In force: llama and piper are ready.", "all of it is in force")
    assert not any(button.startswith("Restart ") for button in browser.buttons())


def test_what_is_wrong_is_told_where_it_is_wrong(browser: Chromium, scene: Scene) -> None:
    type_in(browser, GREETING, "Good day.")
    type_in(browser, TEMPERATURE, "warm")
    browser.button("Save 2 changes").click()
    browser.wait(lambda: said(browser).startswith("Nothing was saved"), "it is refused")
    field = browser.focused()
    assert (field.get_attribute("id"), field.get_attribute("aria-invalid")) == (TEMPERATURE, "true")
    error = f"{TEMPERATURE}-error"
    assert error in field.get_attribute("aria-describedby").split()
    assert "'warm', expected a number from 0 to 2" in browser.text(error)
    assert scene.config_file.read_text() == WRITTEN
    type_in(browser, TEMPERATURE, "0,5")
    browser.button("Save 2 changes").click()
    browser.wait(lambda: said(browser) == "Saved: Greeting, Temperature.", "now it is saved")
    assert load_config(scene.config_file).llama.temperature == 0.5
    assert browser.text(error) == "" and browser.element(TEMPERATURE).get_attribute("aria-invalid") is None
    assert ["422" in complaint for complaint in browser.complaints()] == [True], "the refusal, as the browser notes it"


def test_a_file_that_was_changed_meanwhile_is_read_again_and_what_was_typed_stays(
    browser: Chromium, scene: Scene
) -> None:
    type_in(browser, GREETING, "Good day.")
    scene.config_file.write_text(WRITTEN + 'farewell = "See you."\n')
    browser.button("Save 1 change").click()
    browser.wait(lambda: "changed by somebody else" in said(browser), "the conflict is told")
    assert ["409" in complaint for complaint in browser.complaints()] == [True]
    browser.button("Read the file again").click()
    browser.wait(lambda: "1 change of yours is not saved yet" in said(browser), "it is read again")
    assert browser.element(GREETING).get_attribute("value") == "Good day."
    assert browser.element("setting-llama-farewell").get_attribute("value") == "See you."
    browser.button("Save 1 change").click()
    browser.wait(lambda: said(browser) == "Saved: Greeting.", "it is saved")
    config = load_config(scene.config_file)
    assert (config.llama.greeting, config.llama.farewell) == ("Good day.", "See you.")


def test_discarding_leaves_the_file_alone(browser: Chromium, scene: Scene) -> None:
    type_in(browser, GREETING, "Good day.")
    browser.button("Discard").click()
    assert browser.element(GREETING).get_attribute("value") == "Hello."
    browser.button("Save").click()
    browser.wait(lambda: said(browser) == "Nothing is changed.", "there is nothing to save")
    assert scene.config_file.read_text() == WRITTEN


def test_back_to_the_default_by_keyboard_and_saved_as_anything_else(browser: Chromium, scene: Scene) -> None:
    standard = load_config(None).llama.greeting
    assert [button for button in browser.buttons() if button == "Default"] == ["Default"]
    browser.type('button[aria-label="Default of Greeting"]', Keys.ENTER)
    assert browser.focused().get_attribute("id") == GREETING, "a screen reader reads what it is now"
    assert browser.element(GREETING).get_attribute("value") == standard
    assert "Default" not in browser.buttons()
    browser.button("Discard").click()
    assert browser.element(GREETING).get_attribute("value") == "Hello." and "Default" in browser.buttons()
    browser.press("Default of Greeting")
    browser.button("Save 1 change").click()
    browser.wait(lambda: said(browser) == "Saved: Greeting.", "it is saved")
    assert load_config(scene.config_file).llama.greeting == standard
    type_in(browser, TEMPERATURE, "1")
    assert "Default" in browser.buttons(), "also for what is typed and not saved"
