"""The command line: every command teaches, options reach the services, bad input ends with a clear line and status 2."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from steadyline import __version__
from steadyline.cli import build_parser, main
from steadyline.config import Config
from steadyline.errors import ModelError
from steadyline.services.assembly import SERVICES


def all_parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from all_parsers(child)


PARSERS = {parser.prog: parser for parser in all_parsers(build_parser())}


def test_all_commands_of_the_documents_are_there() -> None:
    wanted = {"up", *SERVICES, "call", "status", "doctor", "models list", "models fetch", "models check", "config show"}
    wanted |= {"calls list", "calls show", "calls export", "calls delete"}
    assert {f"steadyline {name}" for name in wanted | {"demo"}} <= PARSERS.keys()


@pytest.mark.parametrize("name", PARSERS)
def test_help_teaches(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*name.split()[1:], "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    parser = PARSERS[name]
    assert parser.description is not None and len(parser.description) > 8
    assert "usage: " + name in text
    for action in parser._actions:
        assert action.help or isinstance(action, argparse._SubParsersAction), f"{name}: {action.dest} has no help"


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_takes_the_retry_policy_as_options(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, Config]] = []
    monkeypatch.setattr("steadyline.services.process.run_service", lambda *given: seen.append(given) or 0)
    options = ["--retry-attempts", "7", "--retry-fast-attempts", "3", "--retry-fast-delay", "0.1"]
    assert main(["--set", "retry.attempts=9", name, *options, "--retry-slow-delay", "2.5"]) == 0
    [(started, config)] = seen
    retry = config.retry
    assert (started, retry.attempts, retry.fast_attempts, retry.fast_delay_s, retry.slow_delay_s) == (
        name,
        7,
        3,
        0.1,
        2.5,
    )


def test_a_service_without_options_has_the_founding_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, Config]] = []
    monkeypatch.setattr("steadyline.services.process.run_service", lambda *given: seen.append(given) or 0)
    assert main(["llama"]) == 0
    assert seen[0][1].retry == Config().retry


def shown(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(arguments) == 0
    return capsys.readouterr().out.splitlines()


def test_settings_stand_before_and_after_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--set", "gateway.sip_port=5070", "config", "show", "--set", "gateway.max_calls=9"]
    lines = shown(arguments, capsys)
    assert any(line.startswith("sip_port = 5070 ") for line in lines)
    assert any(line.startswith("max_calls = 9 ") for line in lines)


def test_the_file_is_the_option_else_the_variable_else_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    by_variable, by_option = tmp_path / "variable.toml", tmp_path / "option.toml"
    by_variable.write_text("[gateway]\nsip_port = 5071\nmax_calls = 9\n")
    by_option.write_text("[gateway]\nsip_port = 5072\n")
    assert any(line.startswith("sip_port = 5060 ") for line in shown(["config", "show"], capsys))
    monkeypatch.setenv("STEADYLINE_CONFIG", str(by_variable))
    assert any(line.startswith("sip_port = 5071 ") for line in shown(["config", "show"], capsys))
    for arguments in (["--config", str(by_option), "config", "show"], ["config", "show", "--config", str(by_option)]):
        lines = shown(arguments, capsys)
        assert any(line.startswith("sip_port = 5072 ") for line in lines)
        assert any(line.startswith("max_calls = 4 ") for line in lines)


def test_where_no_file_is_named_the_usual_one_is_read_if_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("STEADYLINE_CONFIG")
    assert any(line.startswith("sip_port = 5060 ") for line in shown(["config", "show"], capsys))
    (tmp_path / "steadyline").mkdir()
    (tmp_path / "steadyline" / "config.toml").write_text("[gateway]\nsip_port = 5071\n")
    assert any(line.startswith("sip_port = 5071 ") for line in shown(["config", "show"], capsys))
    monkeypatch.setenv("STEADYLINE_CONFIG", "")
    assert any(line.startswith("sip_port = 5060 ") for line in shown(["config", "show"], capsys))


def test_config_show_hides_secrets_unless_told_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    secrets = ["--set", "pbx.password=open sesame", "--set", "llama.api_key=sk-123"]
    text = "\n".join(shown([*secrets, "config", "show"], capsys))
    assert "sesame" not in text and "sk-123" not in text
    assert '\npassword = "<hidden>"  #' in text and '\napi_key = "<hidden>"  #' in text
    text = "\n".join(shown([*secrets, "config", "show", "--secrets"], capsys))
    assert '\npassword = "open sesame"  #' in text and '\napi_key = "sk-123"  #' in text
    text = "\n".join(shown(["config", "show"], capsys))
    assert '\npassword = ""  #' in text, "that none is set is no secret"


def test_a_missing_file_of_the_variable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STEADYLINE_CONFIG", str(tmp_path / "gone.toml"))
    assert main(["config", "show"]) == 2
    assert (
        capsys.readouterr().err == f"steadyline: {tmp_path / 'gone.toml'}: cannot be read: No such file or directory\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "gateway.sip_prt=1", "up"], ["gateway.sip_prt", "did you mean sip_port?"]),
        (["llama", "--retry-attempts", "many"], ["retry.attempts is 'many'", "a whole number from 1"]),
        (["models", "fetch", "whisper-huge"], ["whisper-huge", "whisper-base"]),
        (["call", "--target", "tel:110"], ["--target", "tel:110", "sip:"]),
        (["call", "--say", "nowhere.wav"], ["nowhere.wav", "no such file"]),
    ],
)
def test_unusable_input_ends_with_one_line_and_status_2(
    arguments: list[str],
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    [line] = captured.err.splitlines()
    assert line.startswith("steadyline: ")
    assert [word for word in words if word not in line] == []


@pytest.mark.parametrize("arguments", [[], ["models"], ["config"], ["fly"], ["status", "--jsn"]])
def test_unknown_words_get_the_usage_and_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: steadyline" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"steadyline {__version__}\n"


def test_ctrl_c_ends_a_command_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("steadyline.commands.status.run_status", interrupted)
    assert main(["status"]) == 130
    assert capsys.readouterr().err == ""


def test_an_error_says_its_text_alone_and_sets_the_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def without_model(*_: object, **__: object) -> int:
        raise ModelError("model x is missing; run: steadyline models fetch x")

    monkeypatch.setattr("steadyline.services.process.run_service", without_model)
    assert main(["whisper"]) == 2
    assert capsys.readouterr().err == "steadyline: model x is missing; run: steadyline models fetch x\n"
