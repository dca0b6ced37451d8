"""The pages: whole, light, from nowhere else, and without a way for words to become markup."""

import re
from pathlib import Path

import pytest
from tests.unit.console.scene import ORIGIN, Scene

from steadyline.wire.operator_messages import ChildReply

STATIC = Path(__file__).parents[3] / "src" / "steadyline" / "console" / "static"
FILES = sorted(STATIC.iterdir())
MAX_BYTES = 300_000


@pytest.mark.parametrize("path", ["/", "/calls", "/calls/some-call", "/health", "/settings"])
def test_a_page_is_there_with_landmarks_and_what_it_needs(scene: Scene, path: str) -> None:
    browser = scene.browser()
    text = browser.get(path).text
    for part in ('<main id="main"', "<nav aria-label", 'lang="en"', 'role="status"', 'class="skip"'):
        assert part in text
    for needed in re.findall(r'(?:src|href)="(/static/[^"]+)"', text):
        assert browser.get(needed).status_code == 200, needed


def test_what_scripts_import_is_there() -> None:
    for script in STATIC.glob("*.js"):
        for name in re.findall(r'(?:from|import\() ?"\./([\w.]+)"', script.read_text(encoding="utf-8")):
            assert (STATIC / name).exists(), f"{script.name} imports {name}"


def test_all_of_it_is_light() -> None:
    assert sum(file.stat().st_size for file in FILES) < MAX_BYTES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_comes_from_elsewhere_and_nothing_becomes_markup(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc"):
        assert way not in text
    if file.suffix == ".html":
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text)


@pytest.mark.parametrize(
    "path", ["/static/../service.py", "/static/%2e%2e/service.py", "/static/..%2fservice.py", "/static/"]
)
def test_no_file_beside_them_can_be_had(scene: Scene, path: str) -> None:
    assert scene.browser().get(path).status_code == 404


def test_a_button_has_the_supervisor_do_it(scene: Scene) -> None:
    answer = scene.browser().post("/api/services/whisper/kill", headers=ORIGIN)
    assert (answer.status_code, scene.wishes) == (200, [("kill", "whisper")])


def test_what_the_supervisor_refuses_is_said(scene: Scene) -> None:
    scene.reply = ChildReply(False, "kill is for drills: set console.drills = true")
    answer = scene.browser().post("/api/services/whisper/kill", headers=ORIGIN)
    assert (answer.status_code, answer.json()["error"]) == (409, scene.reply.text)
    scene.reply = None
    assert scene.browser().post("/api/services/whisper/kill", headers=ORIGIN).status_code == 502


def test_looking_at_a_button_presses_nothing(scene: Scene) -> None:
    assert scene.browser().get("/api/services/whisper/kill").status_code == 405
    assert scene.wishes == []
