"""Some keys of a configuration file get new values, and nothing else in it changes."""

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadyline.config import Config
from steadyline.config_edit import change_config, obstacle_of, version_of, with_values, write_config
from steadyline.config_file import load_config, render_config
from steadyline.errors import ConfigError

WRITTEN = """\
# Our line.
[llama]   # the model
greeting = "Hi"   # said first
persona = '''
You are kind.'''
# temperature = 1

[tts]
engine = "piper"
"""
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[gateway]\nmax_calls = 12\n"),
        ('[llama]\nmodel = "x"', '[llama]\nmodel = "x"\n\n[gateway]\nmax_calls = 12\n'),
        ('[llama]\nmodel = "x"\n', '[llama]\nmodel = "x"\n\n[gateway]\nmax_calls = 12\n'),
        ("[gateway]\nmax_calls = 4 # few\nsip_port = 5070\n", "[gateway]\nmax_calls = 12 # few\nsip_port = 5070\n"),
        ("[gateway] # phone\nsip_port = 5070\n", "[gateway] # phone\nsip_port = 5070\nmax_calls = 12\n"),
        (
            "[register]\nmax_calls = 50\n[gateway]\n# max_calls = 3\n[log]\nlevel = 'info'\n",
            "[register]\nmax_calls = 50\n[gateway]\n# max_calls = 3\nmax_calls = 12\n[log]\nlevel = 'info'\n",
        ),
        ("gateway.max_calls = 4\n", "gateway.max_calls = 12\n"),
        ("gateway = { max_calls = 4 }\n", "gateway = { max_calls = 12 }\n"),
        ("[gateway]\r\nmax_calls = 4 # few\r\n", "[gateway]\r\nmax_calls = 12 # few\r\n"),
    ],
)
def test_only_the_key_changes(before: str, after: str) -> None:
    assert with_values(before, {"gateway.max_calls": 12}) == after


def test_comments_and_the_hands_writing_stay() -> None:
    changed = with_values(WRITTEN, {"llama.greeting": 'Say "hello"', "llama.temperature": 0.5, "kokoro.speed": 1.25})
    assert changed == WRITTEN.replace('"Hi"', r'"Say \"hello\""').replace(
        "# temperature = 1\n", "# temperature = 1\ntemperature = 0.5\n"
    ) + ("\n[kokoro]\nspeed = 1.25\n")


def test_several_lines_stay_several_lines() -> None:
    assert 'persona = """Be kind.\nBe short."""' in with_values(WRITTEN, {"llama.persona": "Be kind.\nBe short."})


@given(greeting=TEXTS, persona=TEXTS, other=TEXTS)
def test_whatever_is_written_is_read_again(greeting: str, persona: str, other: str) -> None:
    values = {"llama.greeting": greeting, "llama.persona": persona, "kokoro.voice": other}
    read = tomllib.loads(with_values(WRITTEN, values))
    assert (read["llama"]["greeting"], read["llama"]["persona"], read["kokoro"]["voice"]) == (greeting, persona, other)
    assert read["tts"] == {"engine": "piper"}


def test_the_whole_configuration_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(render_config(Config()))
    path.chmod(0o640)
    change_config(path, {"gateway.max_calls": 12})
    config = load_config(path)
    assert config.gateway.max_calls == 12
    config.gateway.max_calls = Config().gateway.max_calls
    assert config == Config()
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["gateway = 3\n", "[[gateway]]\nmax_calls = 4\n", "[gateway\n"])
def test_a_file_in_which_it_cannot_be_set_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"gateway\.max_calls"):
        change_config(path, {"gateway.max_calls": 12})
    assert path.read_text() == text


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: gateway\.max_calls cannot be written"):
        change_config(tmp_path / "nowhere.toml", {"gateway.max_calls": 12})


def test_a_new_file_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        write_config(tmp_path / "steadyline" / "config.toml", "[llama]\n")
    finally:
        os.umask(former)
    assert (tmp_path / "steadyline").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "steadyline" / "config.toml").stat().st_mode & 0o777 == 0o600


def test_a_link_goes_on_pointing_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "ours.toml").write_text("[llama]\n")
    link = tmp_path / "config.toml"
    link.symlink_to("real/ours.toml")
    write_config(link, "[log]\n")
    assert link.is_symlink() and (tmp_path / "real" / "ours.toml").read_text() == "[log]\n"


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(ConfigError, match=r"config\.toml: cannot be written"):
        write_config(tmp_path / "config.toml", "[log]\n")
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_it_is_known_beforehand_whether_it_can_be_written(tmp_path: Path) -> None:
    assert obstacle_of(tmp_path / "new" / "config.toml") == ""
    path = tmp_path / "config.toml"
    path.write_text("")
    assert obstacle_of(path) == ""
    (tmp_path / "folder.toml").mkdir()
    assert "is no file" in obstacle_of(tmp_path / "folder.toml")


def test_somebody_elses_file_is_left_to_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replaced in one go, it would be ours."""
    path = tmp_path / "config.toml"
    path.write_text("")
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    assert "belongs to somebody else" in obstacle_of(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_owner_and_group_stay(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("")
    os.chown(path, 65534, 65534)
    write_config(path, "[log]\n")
    assert (path.stat().st_uid, path.stat().st_gid) == (65534, 65534)


def test_another_content_has_another_version() -> None:
    assert len({version_of(None), version_of(b""), version_of(b"[log]\n")}) == 3
