"""The limit goes into a configuration file, and nothing else in it changes."""

from pathlib import Path

import pytest

from steadyline.bench.capacity.limit_file import with_limit, write_limit
from steadyline.config import Config
from steadyline.config_file import load_config, render_config
from steadyline.errors import ConfigError


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "\n[gateway]\nmax_calls = 12\n"),
        ('[llama]\nmodel = "x"', '[llama]\nmodel = "x"\n\n[gateway]\nmax_calls = 12\n'),
        ("[gateway]\nmax_calls = 4 # few\nsip_port = 5070\n", "[gateway]\nmax_calls = 12 # few\nsip_port = 5070\n"),
        ("[gateway] # phone\nsip_port = 5070\n", "[gateway] # phone\nmax_calls = 12\nsip_port = 5070\n"),
        (
            "[register]\nmax_calls = 50\n[gateway]\n# max_calls = 3\n[log]\nlevel = 'info'\n",
            "[register]\nmax_calls = 50\n[gateway]\nmax_calls = 12\n# max_calls = 3\n[log]\nlevel = 'info'\n",
        ),
    ],
)
def test_only_the_limit_changes(before: str, after: str) -> None:
    assert with_limit(before, 12) == after


def test_the_whole_configuration_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(render_config(Config()))
    path.chmod(0o640)
    write_limit(path, 12)
    config = load_config(path)
    assert config.gateway.max_calls == 12
    config.gateway.max_calls = Config().gateway.max_calls
    assert config == Config()
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["gateway.max_calls = 4\n", "gateway = { max_calls = 4 }\n", "[gateway\n"])
def test_a_file_in_which_it_cannot_be_found_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"gateway\.max_calls"):
        write_limit(path, 12)
    assert path.read_text() == text


def test_a_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: gateway\.max_calls cannot be written"):
        write_limit(tmp_path / "nowhere.toml", 12)
