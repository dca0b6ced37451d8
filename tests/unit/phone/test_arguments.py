"""The command line of `steadyline call`."""

import argparse
from pathlib import Path

import pytest

from steadyline.errors import ConfigError
from steadyline.phone.arguments import add_call_arguments, options_from, sip_settings_from


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="steadyline call")
    add_call_arguments(parser)
    return parser.parse_args(arguments)


def test_the_files_are_said_in_their_order() -> None:
    options = options_from(parsed("--say", "b.wav", "--say", "a.flac", "--out", "there", "--reply-silence", "2"))
    assert options.say == (Path("b.wav"), Path("a.flac"))
    assert options.out == Path("there")
    assert options.timing.reply_silence_s == 2.0


@pytest.mark.parametrize(
    ("target", "transport"),
    [
        ("sip:a@127.0.0.1", "udp"),
        ("sip:a@127.0.0.1:5060;transport=tcp", "tcp"),
        ("sip:a@127.0.0.1;Transport=TLS;lr?x=y", "tls"),
        ("sips:a@127.0.0.1", "tls"),
    ],
)
def test_the_target_picks_the_transport(target: str, transport: str, tmp_path: Path) -> None:
    certificate = tmp_path / "me.pem"
    certificate.touch()
    settings = sip_settings_from(parsed("--target", target, "--certificate", str(certificate)))
    assert settings.transports == (transport,)


@pytest.mark.parametrize("target", ["127.0.0.1:5060", "tel:+4930", "sip:", "sip:a b@c"])
def test_a_target_that_is_no_sip_uri_is_named(target: str) -> None:
    with pytest.raises(ConfigError, match=r"--target: .* is no SIP URI"):
        sip_settings_from(parsed("--target", target))


def test_the_codecs_are_offered_in_the_order_of_preference() -> None:
    assert sip_settings_from(parsed("--codec", "G722", "--codec", "PCMA")).codecs == ("G722", "PCMA")
    assert sip_settings_from(parsed()).codecs == ("PCMU", "PCMA", "G722", "opus")


@pytest.mark.parametrize("arguments", [("--hold", "-1"), ("--reply-timeout", "soon"), ("--codec", "MP3")])
def test_what_cannot_be_is_refused(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(*arguments)
    assert ended.value.code == 2
    assert arguments[1] in capsys.readouterr().err


def test_the_help_explains_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed("--help")
    text = capsys.readouterr().out
    for word in ("--target", "--say", "--out", "--codec", "--srtp", "--journal", "--reply-silence", "examples:"):
        assert word in text
