"""The Settings page: what it shows of the configuration file, what it lets people change, and what it refuses."""

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.unit.console.scene import ORIGIN, PASSWORD, Scene

from steadyline.config import Config, marks
from steadyline.config_file import load_config
from steadyline.console import settings_desk, settings_routes
from steadyline.console.guard import MAX_BODY_BYTES
from steadyline.models.registry import MODELS

WRITTEN = """\
# Smith and Daughters.
[llama]
greeting = "Hello."   # Mary wrote this
api_key = "sk-123"

[gateway]
sip_port = 5070
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of models, empty."""
    monkeypatch.setenv("STEADYLINE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


@pytest.fixture
def written(scene: Scene, store: Path) -> Scene:
    """A configuration file with comments and a secret."""
    scene.config_file.write_text(WRITTEN)
    return scene


def look(browser: TestClient) -> dict[str, Any]:
    answer = browser.get("/api/settings")
    assert answer.status_code == 200
    content: dict[str, Any] = answer.json()
    return content


def setting(view: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for group in view["groups"] for one in group["settings"] if one["name"] == name)


def save(browser: TestClient, version: str | None = None, **values: Any) -> Any:
    """Change settings whose names are given with "__" for the dot."""
    wanted = {name.replace("__", "."): value for name, value in values.items()}
    content = {"version": look(browser)["version"] if version is None else version, "values": wanted}
    return browser.post("/api/settings", json=content, headers=ORIGIN)


def complaint(browser: TestClient, name: str, value: Any) -> str:
    answer = save(browser, **{name: value})
    assert answer.status_code == 422
    return str(answer.json()["fields"][name.replace("__", ".")])


class TestWhatIsShown:
    def test_values_and_where_they_come_from(self, written: Scene) -> None:
        written.given = ["llama.temperature=0.5"]
        view = look(written.browser())
        assert view["file"] == {"path": str(written.config_file), "is_there": True, "obstacle": ""}
        greeting, farewell = setting(view, "llama.greeting"), setting(view, "llama.farewell")
        assert (greeting["value"], greeting["is_written"], greeting["locked"]) == ("Hello.", True, "")
        assert (farewell["value"], farewell["is_written"]) == ("Goodbye.", False)
        assert greeting["default"] == Config().llama.greeting and farewell["default"] == farewell["value"]
        temperature = setting(view, "llama.temperature")
        assert temperature["value"] == 0.5 and "--set" in temperature["locked"]
        assert (temperature["low"], temperature["high"], temperature["readers"]) == (0, 2, ["llama"])

    def test_no_secret_and_nothing_beside_the_offered(self, written: Scene) -> None:
        text = written.browser().get("/api/settings").text
        assert "sk-123" not in text and "sip_port" not in text

    def test_models_say_whether_they_are_here(self, written: Scene, store: Path) -> None:
        def obstacles(name: str) -> dict[str, str]:
            choices = setting(look(written.browser()), name)["choices"]
            return {choice["value"]: choice["obstacle"] for choice in choices}

        fetch = "not fetched: steadyline models fetch whisper-tiny.en"
        assert obstacles("whisper.model")["whisper-tiny.en"] == fetch
        for file in MODELS["whisper-tiny.en"].files:
            (store / "whisper-tiny.en").mkdir(parents=True, exist_ok=True)
            with (store / "whisper-tiny.en" / file.name).open("wb") as content:
                content.truncate(file.size_bytes)
        assert obstacles("whisper.model")["whisper-tiny.en"] == ""
        assert "steadyline models fetch kokoro" in obstacles("tts.engine")["kokoro"]

    def test_a_model_of_ones_own_stays_among_the_choices(self, scene: Scene, store: Path) -> None:
        scene.config_file.write_text('[llama]\nmodel = "/models/own.gguf"\n')
        choices = setting(look(scene.browser()), "llama.model")["choices"]
        assert {"value": "/models/own.gguf", "note": "as the file has it", "obstacle": ""} in choices

    def test_a_file_that_cannot_be_used_is_told_with_its_line(self, scene: Scene, store: Path) -> None:
        scene.config_file.write_text("[llama]\ngreating = 'Hi'\n")
        view = look(scene.browser())
        assert "line 2: unknown key llama.greating; did you mean greeting?" in view["problem"]
        assert view["groups"] == []
        assert save(scene.browser(), llama__greeting="Hi").status_code == 422
        assert "greating" in scene.config_file.read_text()

    def test_without_a_place_for_a_file_it_says_so(self, scene: Scene, store: Path) -> None:
        scene.has_place = False
        assert "--config FILE" in look(scene.browser())["file"]["obstacle"]
        assert "--config FILE" in save(scene.browser(), llama__greeting="Hi").json()["error"]


class TestWhatIsInForce:
    """What was saved and whom nobody has started again since."""

    def answers(self, config: Config, **more: Any) -> dict[str, dict[str, Any] | None]:
        status = {"state": "ready", "settings": marks(config), "calls": []}
        names = ("gateway", "inbound", "whisper", "llama", "piper", "outbound", "supervisor")
        return {**{name: dict(status) for name in names}, **more}

    def test_only_those_who_read_it_are_to_be_started_again(self, written: Scene) -> None:
        written.answers = self.answers(load_config(written.config_file))
        browser = written.browser()
        assert (look(browser)["stale"], look(browser)["needs_up"]) == ([], [])
        view = save(browser, llama__greeting="Good day.", llama__persona="Be short.").json()
        assert {one["service"]: one["settings"] for one in view["stale"]} == {
            "llama": ["Greeting", "Prompt"],
            "piper": ["Greeting"],
        }
        assert view["can_restart"] and view["waiting"] == []
        written.answers = self.answers(load_config(written.config_file))
        assert look(browser)["stale"] == []

    def test_a_change_that_somebody_made_in_the_file_counts_too(self, written: Scene) -> None:
        written.answers = self.answers(load_config(written.config_file))
        written.config_file.write_text(WRITTEN + '[whisper]\nlanguage = "de"\n')
        view = look(written.browser())
        assert [one["service"] for one in view["stale"]] == ["whisper", "inbound"]

    def test_the_voice_wants_up_itself(self, written: Scene) -> None:
        written.answers = self.answers(load_config(written.config_file))
        written.config_file.write_text(WRITTEN + '[tts]\nengine = "kokoro"\n')
        view = look(written.browser())
        assert (view["needs_up"], view["stale"]) == (["Voice"], [])

    def test_who_does_not_answer_is_named(self, written: Scene) -> None:
        loading = {"state": "llama: loading", "settings": {}, "calls": []}
        written.answers = self.answers(load_config(written.config_file), llama=loading, whisper=None, supervisor=None)
        view = look(written.browser())
        assert view["waiting"] == ["whisper: does not answer", "llama: loading"] and not view["can_restart"]


class TestSaving:
    def test_it_is_written_and_all_else_stays(self, written: Scene) -> None:
        written.config_file.chmod(0o640)
        answer = save(written.browser(), llama__greeting="Good day.", llama__temperature=1, kokoro__speed=1.5)
        assert answer.status_code == 200
        assert setting(answer.json(), "llama.greeting")["value"] == "Good day."
        after = WRITTEN.replace('"Hello."', '"Good day."').replace("[gateway]", "temperature = 1.0\n\n[gateway]")
        assert "# Mary wrote this" in written.config_file.read_text()
        assert tomllib.loads(written.config_file.read_text()) == tomllib.loads(after + "[kokoro]\nspeed = 1.5\n")
        assert written.config_file.stat().st_mode & 0o777 == 0o640

    def test_where_there_is_no_file_one_is_begun(self, scene: Scene, store: Path) -> None:
        browser = scene.browser()
        view = look(browser)
        assert not view["file"]["is_there"] and view["file"]["path"] == str(scene.config_file)
        assert save(browser, llama__persona="Be kind.\r\nBe short.").status_code == 200
        assert scene.config_file.stat().st_mode & 0o777 == 0o600
        assert load_config(scene.config_file).llama.persona == "Be kind.\nBe short."
        assert tomllib.loads(scene.config_file.read_text()) == {"llama": {"persona": "Be kind.\nBe short."}}

    def test_what_is_as_it_was_is_not_written(self, scene: Scene, store: Path) -> None:
        assert save(scene.browser(), llama__greeting=Config().llama.greeting).status_code == 200
        assert not scene.config_file.exists()

    def test_a_file_that_somebody_changed_meanwhile_is_not_written_over(self, written: Scene) -> None:
        browser = written.browser()
        version = look(browser)["version"]
        written.config_file.write_text(WRITTEN + "# and John this\n")
        answer = save(browser, version, llama__greeting="Good day.")
        assert answer.status_code == 409 and "changed by somebody else" in answer.json()["error"]
        assert written.config_file.read_text() == WRITTEN + "# and John this\n"
        assert save(browser, llama__greeting="Good day.").status_code == 200
        written.config_file.unlink()
        assert save(browser, version, llama__greeting="Good day.").status_code == 409

    def test_nor_one_that_came_while_it_was_judged(self, written: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        def judged_slowly(*arguments: Any) -> dict[str, str]:
            written.config_file.write_text(WRITTEN + "# and John this\n")
            return {}

        monkeypatch.setattr(settings_desk, "complaints_together", judged_slowly)
        assert save(written.browser(), llama__greeting="Good day.").status_code == 409
        assert written.config_file.read_text() == WRITTEN + "# and John this\n"

    def test_a_file_that_may_not_be_written_is_told_of_beforehand(
        self, written: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "access", lambda path, mode: False)
        assert "may not be written" in look(written.browser())["file"]["obstacle"]
        answer = save(written.browser(), llama__greeting="Good day.")
        assert answer.status_code == 422 and "may not be written" in answer.json()["error"]
        assert written.config_file.read_text() == WRITTEN

    def test_markup_is_words_like_others(self, written: Scene) -> None:
        words = "<script>alert(1)</script> \" ''' [x]\\"
        view = save(written.browser(), llama__greeting=words).json()
        assert setting(view, "llama.greeting")["value"] == words
        assert load_config(written.config_file).llama.greeting == words


class TestWhatIsRefused:
    """All of it is saved, or nothing: the file is as it was after each of these."""

    @pytest.fixture(autouse=True)
    def nothing_is_saved(self, written: Scene) -> Any:
        yield
        assert written.config_file.read_text() == WRITTEN

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("llama__temperature", 9, "llama.temperature is 9.0, expected a number from 0 to 2"),
            ("llama__temperature", "warm", "llama.temperature is 'warm', expected a number from 0 to 2"),
            ("llama__temperature", True, "llama.temperature is True"),
            ("llama__max_tokens", 8.5, "llama.max_tokens is 8.5, expected a whole number from 8"),
            ("llama__max_tokens", 10**40, "expected a whole number from 8 to 100000"),
            ("llama__temperature", 10**400, "expected a number from 0 to 2"),
            ("kokoro__speed", "", "kokoro.speed is '', expected a number from 0.5 to 2"),
            ("llama__greeting", ["Hi"], "llama.greeting is ['Hi'], expected a text"),
            ("llama__greeting", None, "expected a text"),
            ("llama__greeting", "Hi\nthere", "U+000A, expected text on one line"),
            ("llama__greeting", "Hi\x00", "U+0000"),
            ("llama__persona", "Be\x1b[31m kind", "U+001B, expected text and line breaks"),
            ("llama__persona", "\ud800", "U+D800"),
            ("llama__persona", "x" * 7000, "has 7000 characters, expected at most 6000"),
            ("tts__engine", "os:system", "expected one that the page offers"),
            ("llama__engine", "evil.module:Class", "expected one that the page offers"),
            ("llama__model", "../../etc/passwd", "expected one that the page offers"),
            ("llama__model", "hub:evil/model/file.gguf", "expected one that the page offers"),
            ("llama__model", "whisper-base", "expected one that the page offers"),
            ("whisper__model", "whisper-tiny.en", "not fetched: steadyline models fetch whisper-tiny.en"),
            ("whisper__language", "xx", "expected one that the page offers"),
            ("kokoro__voice", "nobody", "expected one that the page offers"),
        ],
    )
    def test_a_wrong_value_is_named_at_its_field(self, written: Scene, name: str, value: Any, words: str) -> None:
        browser = written.browser()
        content = {"version": look(browser)["version"], "values": {name.replace("__", "."): value}}
        # As a browser writes it; the surrogate, too.
        answer = browser.post("/api/settings", content=json.dumps(content).encode(), headers=ORIGIN)
        assert answer.status_code == 422
        assert words in answer.json()["fields"][name.replace("__", ".")]

    def test_one_wrong_value_keeps_all_others_from_being_saved(self, written: Scene) -> None:
        answer = save(written.browser(), llama__greeting="Good day.", llama__temperature=9)
        assert list(answer.json()["fields"]) == ["llama.temperature"]

    def test_what_the_command_line_says_is_not_changed_in_vain(self, written: Scene) -> None:
        written.given = ["llama.greeting=Hi"]
        assert "--set" in complaint(written.browser(), "llama__greeting", "Good day.")

    def test_phrases_that_outbound_would_miss(self, written: Scene) -> None:
        written.given = [f"outbound.phrases={written.folder}"]
        words = complaint(written.browser(), "llama__language", "de")
        assert "outbound.phrases" in words and "de/wait.wav is not there" in words

    def test_an_english_model_for_another_language(self, written: Scene) -> None:
        written.given = ["whisper.model=whisper-tiny.en"]
        assert "expected one that the page offers" in complaint(written.browser(), "whisper__language", "de")

    @pytest.mark.parametrize(
        "name", ["llama.api_key", "llama.url", "gateway.sip_port", "console.password_file", "x", "llama", "__class__.x"]
    )
    def test_a_setting_that_the_page_does_not_offer(self, written: Scene, name: str) -> None:
        browser = written.browser()
        content = {"version": look(browser)["version"], "values": {"llama.greeting": "Hi", name: "x"}}
        answer = browser.post("/api/settings", json=content, headers=ORIGIN)
        assert answer.status_code == 400 and "not among the settings of this page" in answer.json()["error"]

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b"{}", b'{"version": 1, "values": {}}', b'{"version": "", "values": []}', b"\xff", b"[" * 60_000],
    )
    def test_nonsense(self, written: Scene, body: bytes) -> None:
        assert written.browser().post("/api/settings", content=body, headers=ORIGIN).status_code == 400

    def test_an_oversize_body(self, written: Scene) -> None:
        body = b'{"version": "", "values": {"llama.persona": "' + b"x" * MAX_BODY_BYTES + b'"}}'
        assert written.browser().post("/api/settings", content=body, headers=ORIGIN).status_code == 413
        pieces = (body[at : at + 1000] for at in range(0, len(body), 1000))
        assert written.browser().post("/api/settings", content=pieces, headers=ORIGIN).status_code == 400

    @pytest.mark.parametrize("headers", [{}, {"origin": "http://evil.example"}, {"origin": "null"}])
    def test_other_peoples_pages(self, written: Scene, headers: dict[str, str]) -> None:
        browser = written.browser()
        content = {"version": look(browser)["version"], "values": {"llama.greeting": "Hi"}}
        assert browser.post("/api/settings", json=content, headers=headers).status_code == 403

    def test_who_has_not_given_the_password(self, written: Scene) -> None:
        browser = written.browser(password=PASSWORD)
        assert browser.get("/api/settings").status_code == 401
        content = {"version": "", "values": {"llama.greeting": "Hi"}}
        assert browser.post("/api/settings", json=content, headers=ORIGIN).status_code == 401
        assert browser.get("/settings").status_code == 303


def test_what_was_changed_is_logged_and_what_was_said_is_not(written: Scene, caplog: pytest.LogCaptureFixture) -> None:
    save(written.browser(), llama__greeting="A secret greeting.")
    assert "llama.greeting" in caplog.text and "A secret greeting." not in caplog.text


def test_a_name_in_an_error_is_cut(written: Scene) -> None:
    content = {"version": "", "values": {"x" * 5000: 1}}
    error = written.browser().post("/api/settings", json=content, headers=ORIGIN).json()["error"]
    assert len(error) < settings_routes.SHOWN_CHARS + 120
