"""Debian's Chromium, headless, with a WAV as its microphone; what a page plays is recorded in the page itself."""

import base64
import io
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import av
import numpy as np
import soundfile
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webelement import WebElement

from steadyline.audio.files import read_audio
from steadyline.audio.resampling import resample

MICROPHONE_HZ = 48_000
DEADLOCK_S = 120.0
"""No test asserts speed; this only ends one that hangs."""
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
RECORD = """
const chunks = [];
const recorder = new MediaRecorder(document.getElementById("line").srcObject);
recorder.ondataavailable = (event) => chunks.push(event.data);
window.recorded = new Promise((resolve) => {
  recorder.onstop = () => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.readAsDataURL(new Blob(chunks));
  };
});
window.recorder = recorder;
recorder.start();
"""
TAKE = """
const done = arguments[arguments.length - 1];
window.recorder.stop();
window.recorded.then(done);
"""


class Chromium:
    """A browser with one page.

    Args:
        profile: an empty folder.
        microphone: a WAV of 48 kHz that is said again and again; None: there is a microphone, and the user denies it.
        has_strangers: `stranger` may be asked for (WebDriver BiDi).
    """

    def __init__(self, profile: Path, microphone: Path | None, *, has_strangers: bool = False) -> None:
        options = webdriver.ChromeOptions()
        options.enable_bidi = has_strangers
        options.binary_location = _program("chromium")
        fake = [] if microphone is None else ["ui-for-media-stream", f"file-for-fake-audio-capture={microphone}"]
        for option in (*OPTIONS, f"--user-data-dir={profile}", "--use-fake-device-for-media-stream"):
            options.add_argument(option)
        for option in fake:
            options.add_argument(f"--use-{'' if option.startswith('file') else 'fake-'}{option}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self._driver = webdriver.Chrome(options=options, service=Service(_program("chromedriver")))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._driver.quit()

    @contextmanager
    def stranger(self) -> Iterator[None]:
        """In the `with` block this is the page of somebody who has nothing yet: no cache, no cookie, no connection."""
        own = self._driver.current_window_handle
        context = self._driver.browser.create_user_context()
        self._driver.switch_to.window(self._driver.browsing_context.create(type="tab", user_context=context))
        try:
            yield
        finally:
            self._driver.close()
            self._driver.switch_to.window(own)
            self._driver.browser.remove_user_context(context)

    def open(self, address: str) -> None:
        """Go to a page."""
        self._driver.get(address)

    def element(self, name: str) -> WebElement:
        """The element with this id."""
        return self._driver.find_element("id", name)

    def button(self, text: str) -> WebElement:
        """The button that says this."""
        return self._driver.find_element("xpath", f"//button[normalize-space()='{text}']")

    def buttons(self) -> list[str]:
        """What the buttons say that can be seen."""
        return [button.text for button in self._driver.find_elements("tag name", "button") if button.is_displayed()]

    def focused(self) -> WebElement:
        """The element that the keyboard is at."""
        return self._driver.switch_to.active_element

    def text(self, name: str) -> str:
        """What a sighted user reads in it, and a screen reader."""
        return self.element(name).text

    def texts(self, kind: str) -> list[str]:
        """The texts of all elements of this class, as they are at one moment."""
        script = "return [...document.getElementsByClassName(arguments[0])].map((one) => one.textContent);"
        return list(self._driver.execute_script(script, kind))

    def press(self, label: str) -> None:
        """Press the button that a screen reader calls so."""
        self._driver.find_element("css selector", f'button[aria-label="{label}"]').click()

    def type(self, selector: str, keys: str) -> None:
        """Press keys (`selenium.webdriver.Keys`) in the first element that a CSS selector finds."""
        self._driver.find_element("css selector", selector).send_keys(keys)

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page; what it returns."""
        return self._driver.execute_script(script, *arguments)

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something."""
        until = time.monotonic() + DEADLOCK_S
        while not condition():
            page = self._driver.find_element("tag name", "main").text
            assert time.monotonic() < until, f"never: {what}\n{page}\n{self.complaints()}"
            time.sleep(0.1)

    def complaints(self) -> list[str]:
        """What the browser has written to its console since the last time: errors, and what the page's policy forbids."""
        get_log: Any = self._driver.get_log
        return [str(entry["message"]) for entry in get_log("browser")]

    def begin_recording(self) -> None:
        """From now on what the page plays is kept."""
        self._driver.execute_script(RECORD)

    def recording(self) -> tuple[np.ndarray[Any, np.dtype[np.float32]], int]:
        """What the page has played, float32 mono, and its rate."""
        self._driver.set_script_timeout(DEADLOCK_S)
        content = base64.b64decode(self._driver.execute_async_script(TAKE))
        with av.open(io.BytesIO(content), "r") as container:
            frames = list(container.decode(audio=0))
        samples = [frame.to_ndarray().astype(np.float32).reshape(-1, frame.samples).mean(axis=0) for frame in frames]
        return np.concatenate(samples), frames[0].sample_rate


def microphone_file(path: Path, question: Path, *, before_s: float, after_s: float) -> Path:
    """A question with silence around it, as `Chromium` wants it."""
    samples, rate_hz = read_audio(question)
    quiet = [np.zeros(round(seconds * MICROPHONE_HZ), np.float32) for seconds in (before_s, after_s)]
    spoken = resample(samples, rate_hz, MICROPHONE_HZ)
    soundfile.write(path, np.concatenate([quiet[0], spoken, quiet[1]]), MICROPHONE_HZ, subtype="PCM_16")
    return path


def _program(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is not installed: apt-get install chromium chromium-driver (.ci/run does it)"
    return found
