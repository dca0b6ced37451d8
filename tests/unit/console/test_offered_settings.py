"""What the Settings page offers, against the configuration it is about."""

import pytest

from steadyline.config import Config, marks
from steadyline.console.offered_settings import OFFERED, UP, Offered, effect_of, readers_of, stale
from steadyline.console.setting_choices import KOKORO_LANGUAGES, choices_of, language_obstacle
from steadyline.services.assembly import SERVICES


@pytest.mark.parametrize("setting", OFFERED.values(), ids=lambda setting: setting.name)
class TestEverySetting:
    def test_exists_and_explains_itself(self, setting: Offered) -> None:
        assert setting.hint and setting.label
        assert setting.value_in(Config()) is not None
        assert (setting.kind == "number") == (setting.field.type in (int, float))

    def test_is_no_secret_no_path_and_no_address(self, setting: Offered) -> None:
        assert not setting.field.metadata["secret"]
        assert not set(setting.name.partition(".")[2].split("_")) & {
            "file",
            "path",
            "folder",
            "host",
            "port",
            "url",
        } or (setting.name == "llama.url_model")

    def test_is_read_by_services_that_there_are_and_never_by_the_gateway(self, setting: Offered) -> None:
        config = Config()
        config.standby.engine = "kokoro"
        readers = readers_of(setting, config)
        assert readers and set(readers) <= {*SERVICES, UP} - {"gateway"}
        assert all(effect_of(name) for name in readers)

    def test_has_its_default_among_its_choices(self, setting: Offered) -> None:
        if setting.kind == "choice":
            values = [choice.value for choice in choices_of(setting, Config(), {}, ())]
            assert Config() and setting.value_in(Config()) in values and len(values) == len(set(values))


def test_a_voice_that_nobody_speaks_with_needs_no_restart() -> None:
    assert readers_of(OFFERED["kokoro.speed"], Config()) == []
    config = Config()
    config.standby.engine = "kokoro"
    assert readers_of(OFFERED["kokoro.speed"], config) == ["standby"]
    assert readers_of(OFFERED["llama.greeting"], config) == ["llama", "piper", "standby"]


def test_who_does_not_say_what_it_runs_with_is_not_called_old() -> None:
    changed = Config()
    changed.llama.greeting = "Good day."
    told = {"llama": None, "piper": marks(Config())}
    assert stale(changed, Config(), told) == {"piper": ["llama.greeting"]}


def test_a_model_of_english_alone_is_held_to_it() -> None:
    config = Config()
    config.whisper.model, config.whisper.language = "whisper-tiny.en", "de"
    assert "English (en) only" in language_obstacle(config)
    config.whisper.language = ""
    assert language_obstacle(config) == ""
    config.whisper.model, config.whisper.language = "/models/own.en", "de"
    assert language_obstacle(config) == "", "of other people's models nothing is known"


def test_voices_speak_languages_by_espeaks_names() -> None:
    assert Config().kokoro.language in KOKORO_LANGUAGES
