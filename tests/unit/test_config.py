"""The configuration: defaults, file, `--set`, and what people are told when it is wrong."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steadyline.config import Config, marks, sections
from steadyline.config_file import complaint_about, config_arguments, load_config, render_config
from steadyline.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def file(folder: Path, text: str) -> Path:
    path = folder / "steadyline.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_example_file_shows_every_setting_with_its_default() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") == render_config(Config())
    assert load_config(EXAMPLE) == Config()


def test_every_setting_explains_itself() -> None:
    for name, section in sections(Config()).items():
        assert section.__doc__, name
        for item in fields(section):
            assert len(item.metadata["text"]) >= 7, f"{name}.{item.name}"


def test_the_defaults_are_the_founding_documents() -> None:
    config = Config()
    ports = (config.whisper.register_port, config.tts.register_port, config.llama.port, config.tts.port)
    assert ports == (13000, 13001, 8083, 8090)
    assert (config.inbound.audio_port_base, config.outbound.audio_port_base) == (9001, 9002)
    retry = config.retry
    assert (retry.attempts, retry.fast_attempts, retry.fast_delay_s, retry.slow_delay_s) == (10, 5, 0.2, 1.0)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[gateway]\n\nsip_prt = 5070\n", 3, ["unknown key gateway.sip_prt", "did you mean sip_port?"]),
        ("[network]\n[gatway]\nsip_port = 5070\n", 3, ["unknown section [gatway]", "did you mean gateway?"]),
        ("[quux]\n", 1, ["unknown section [quux]", "known are barge_in, "]),
        ('[gateway]\nsip_port = "5070"\n', 2, ["gateway.sip_port is '5070'", "a whole number from 1 to 65535"]),
        ("[gateway]\nmax_calls = true\n", 2, ["gateway.max_calls is True", "a whole number from 1 to 1000"]),
        ("[gateway]\nmax_calls = 2.0\n", 2, ["gateway.max_calls is 2.0", "a whole number"]),
        ("# sip_port\n[gateway] # the line\nsip_port = 70000\n", 3, ["gateway.sip_port is 70000", "1 to 65535"]),
        ("[inbound]\nstart_probability = 1.5\n", 2, ["inbound.start_probability is 1.5", "a number from 0 to 1"]),
        ("[retry]\nfast_delay_s = nan\n", 2, ["retry.fast_delay_s is nan", "a number from 0.01"]),
        ("[retry]\nfast_delay_s = inf\n", 2, ["retry.fast_delay_s is inf", "a number from 0.01"]),
        ('[log]\nstyle = "loud"\n', 2, ["log.style is 'loud'", "one of marks, plain"]),
        ('[gateway]\ncodecs = "PCMU"\n', 2, ["gateway.codecs is 'PCMU'", "a list of texts"]),
        ("[gateway]\ncodecs = [1]\n", 2, ["gateway.codecs is [1]", "a list of texts"]),
        ("\nsip_port = 5070\n", 2, ["sip_port", "keys stand in [sections]"]),
        ("\ngateway.sip_port = 'x'\n", 2, ["gateway.sip_port is 'x'"]),
        ("\nlog = {style = 'x', level = 'x'}\n", 2, ["log.style is 'x'"]),
        ("[pbx]\npassword = 4711\n", 2, ["pbx.password is '<hidden>'", "a text in quotes"]),
        ('[inbound]\nsip_port = 1\n[gateway]\nsip_port = "x"\n', 2, ["unknown key inbound.sip_port"]),
    ],
)
def test_a_wrong_file_is_named_with_key_line_and_what_was_expected(
    tmp_path: Path, text: str, line: int, words: list[str]
) -> None:
    path = file(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).startswith(f"{path}, line {line}: "), caught.value
    assert [word for word in words if word not in str(caught.value)] == []
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"[gateway\n", ["is not TOML", "line 1"]), (b"\xff\xfe", ["is not TOML"]), (None, ["cannot be read", "No such"])],
)
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes | None, words: list[str]) -> None:
    path = tmp_path / "steadyline.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert [word for word in [str(path), *words] if word not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("text", "read", "value"),
    [
        ("gateway.sip_port=5070", lambda config: config.gateway.sip_port, 5070),
        ("gateway.max_call_s=60", lambda config: config.gateway.max_call_s, 60.0),
        ("journal.store_text=false", lambda config: config.journal.store_text, False),
        ("llama.persona=You are Ada. Be brief.", lambda config: config.llama.persona, "You are Ada. Be brief."),
        ("llama.persona=", lambda config: config.llama.persona, ""),
        ('llama.greeting="Hi = hello"', lambda config: config.llama.greeting, "Hi = hello"),
        ("llama.greeting=a = b", lambda config: config.llama.greeting, "a = b"),
        ("pbx.password=12345", lambda config: config.pbx.password, "12345"),
        ("pbx.password=true", lambda config: config.pbx.password, "true"),
        ("gateway.codecs=PCMU, PCMA", lambda config: config.gateway.codecs, ["PCMU", "PCMA"]),
        ('gateway.codecs=["G722"]', lambda config: config.gateway.codecs, ["G722"]),
        (" gateway.sip_port =5071", lambda config: config.gateway.sip_port, 5071),
    ],
)
def test_set_takes_values_as_people_type_them(text: str, read: Callable[[Config], Any], value: Any) -> None:
    assert read(load_config(None, [text])) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gateway.sip_port", ["expected section.key=value", "gateway.sip_port=5070"]),
        ("sip_port=5070", ["expected section.key=value"]),
        ("gateway.sip_port=many", ["gateway.sip_port is 'many'", "a whole number from 1 to 65535"]),
        ("gateway.sip_port=", ["gateway.sip_port is ''", "a whole number"]),
        ("gateway.sip_port=99999", ["gateway.sip_port is 99999", "1 to 65535"]),
        ("gateway.sipport=1", ["unknown key gateway.sipport", "did you mean sip_port?"]),
        ("gatewy.sip_port=1", ["unknown section [gatewy]", "did you mean gateway?"]),
        ("gateway.codecs=GSM", ["gateway.codecs is ['GSM']", "opus, G722, PCMU, PCMA"]),
        ("gateway.transports=udp,sctp", ["gateway.transports", "udp, tcp, tls"]),
        ("gateway.transports=tls", ["gateway.certificate must name a PEM file"]),
        ("gateway.first_call_id=3", ["must be even"]),
        ("inbound.longest_wait_ms=200", ["inbound.shortest_wait_ms is 300", "at most inbound.longest_wait_ms (200)"]),
        ("inbound.turn_end=prosody", ["inbound.turn_end is 'prosody'", "one of words, silence"]),
        ("gateway.last_call_id=50001", ["gateway.last_call_id is 50001", "2 to 50000"]),
        ("pbx.server=pbx.example", ["pbx.user is empty"]),
        ("network.host=192.0.2.7", ["network.host is '192.0.2.7'", "network.secret_file", "head -c 32", "127.0.0.1"]),
        ("network.host=0.0.0.0", ["network.secret_file"]),
        ("network.gateways=192.0.2.7:8170", ["network.gateways has '192.0.2.7'", "network.secret_file"]),
        ("network.host=", ["network.secret_file"]),
        ("network.host=::", ["network.secret_file"]),
        ("network.host=voice.example", ["network.secret_file"]),
        ("gateway.max_calls=128", ["network.max_connections_per_peer is 256", "max_calls is 128", "at least 258"]),
        (
            "register.max_unproven_per_sender=3",
            ["register.max_unproven_per_sender is 3", "max_calls is 4", "at least 4"],
        ),
        ("network.host=::1", ["network.host is '::1'", "IPv4"]),
        ("network.gateways=h:²", ["network.gateways has 'h:²'", "host:port"]),
        ("inbound.start_probability=0.3", ["inbound.end_probability is 0.35", "start_probability 0.3", "< 1"]),
        ("inbound.start_probability=1", ["start_probability 1.0", "< 1"]),
        ("inbound.end_probability=0", ["inbound.end_probability is 0.0", "0 <"]),
        ("inbound.max_utterance_s=3.9", ["inbound.max_utterance_s is 3.9"]),
        ("inbound.audio_port_base=60000", ["inbound.audio_port_base", "below 65536"]),
        ("llama.max_tokens=1025", ["llama.max_tokens is 1025", "half of llama.context_tokens (2048)"]),
        ("llama.status_port=0", ["llama.status_port is 0", "1 to 65535"]),
        ("connections.ping_interval_s=2", ["connections.ping_interval_s is 2.0", "connections.lost_after_s (1.25)"]),
        ("gateway.sip_host=", ["gateway.sip_host is ''", "0.0.0.0"]),
        ("journal.path=~nobody-of-this-name/x", ["journal.path is '~nobody-of-this-name/x'", "home"]),
        ("network.max_connections=9", ["network.max_connections is 9", "max_calls is 4", "at least 10"]),
    ],
)
def test_a_wrong_set_says_what_was_expected(text: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, [text])
    assert [word for word in words if word not in str(caught.value)] == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost"])
def test_the_loopback_needs_no_secret(host: str) -> None:
    assert load_config(None, [f"network.host={host}"]).network.host == host


def test_beyond_the_loopback_a_secret_is_enough() -> None:
    config = load_config(None, ["network.host=192.0.2.7", "network.secret_file=/etc/steadyline/secret"])
    assert (config.network.host, config.network.secret_file) == ("192.0.2.7", "/etc/steadyline/secret")


def test_later_sources_win(tmp_path: Path) -> None:
    path = file(tmp_path, "[gateway]\nsip_port = 5070\nmax_calls = 7\n")
    config = load_config(path, ["gateway.sip_port=5080", "gateway.sip_port=5090"])
    assert (config.gateway.sip_port, config.gateway.max_calls) == (5090, 7)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["pbx.server=pbx.example;transport=TLS"], ["pbx.server is 'pbx.example;transport=TLS'", "small letters"]),
        (["pbx.server=pbx example"], ["pbx.server is 'pbx example'", "host:port"]),
        (["pbx.server=pbx.example", "pbx.user=10@x"], ["pbx.user is '10@x'"]),
        (["pbx.server=pbx.example", 'pbx.password=se"cret'], ["pbx.password has", "another one"]),
        (["pbx.server=pbx.example", "pbx.password=se\\\\cret"], ["pbx.password has"]),
    ],
)
def test_a_pbx_that_the_stack_could_not_be_told_of_is_refused(settings: list[str], words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, ["pbx.user=1000", *settings])
    assert [word for word in words if word not in str(caught.value)] == []
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize(
    "server", ["pbx.example", "192.0.2.1:5070", "pbx.example:5061;transport=tls", "pbx;transport=udp"]
)
def test_a_pbx_is_named_by_host_port_and_transport(server: str) -> None:
    config = load_config(None, [f"pbx.server={server}", "pbx.user=10-0.a", "pbx.password=pass word;1"])
    assert (config.pbx.server, config.pbx.password) == (server, "pass word;1")


def test_call_ids_whose_ports_would_not_exist_are_refused() -> None:
    with pytest.raises(ConfigError, match="below 65536"):
        load_config(None, ["outbound.audio_port_base=60000"])


def test_children_are_given_the_same_configuration(tmp_path: Path) -> None:
    arguments = config_arguments(tmp_path / "a.toml", ["log.style=plain", "llama.persona=a b"])
    expected = ["--config", str(tmp_path / "a.toml"), "--set", "log.style=plain", "--set", "llama.persona=a b"]
    assert arguments == expected


TEXTS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)


@settings(max_examples=50)
@given(persona=TEXTS, greeting=TEXTS, delay_s=st.floats(0.01, 1e9), ids=st.integers(1, 5000), loud=st.booleans())
def test_what_config_show_prints_is_read_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, persona: str, greeting: str, delay_s: float, ids: int, loud: bool
) -> None:
    config = Config()
    config.llama.persona, config.llama.greeting = persona, greeting
    config.retry.fast_delay_s, config.gateway.first_call_id = delay_s, 2 * ids
    config.journal.store_text = loud
    path = tmp_path_factory.mktemp("config") / "shown.toml"
    path.write_text(render_config(config), encoding="utf-8", newline="")
    assert load_config(path) == config


@given(st.text(max_size=60))
def test_no_setting_raises_anything_but_a_config_error(text: str) -> None:
    try:
        load_config(None, [text, f"gateway.sip_port={text}", f"llama.persona={text}", f"gateway.codecs={text}"])
    except ConfigError as error:
        assert "--set" in str(error) or "gateway.codecs" in str(error)


@pytest.mark.parametrize("setting", ["console.host=0.0.0.0", "console.host=10.0.0.5", "console.names=phones.example"])
def test_a_console_that_others_can_reach_needs_a_password(setting: str) -> None:
    with pytest.raises(ConfigError, match=r"console\.(host|names).*console\.password_file"):
        load_config(None, [setting])
    config = load_config(None, [setting, "console.password_file=/run/password"])
    assert config.console.password_file == "/run/password"


def test_a_value_alone_is_judged_as_in_a_file() -> None:
    assert complaint_about("llama.temperature", 1) == complaint_about("llama.greeting", "") == ""
    assert complaint_about("llama.temperature", 9) == (
        "llama.temperature is 9.0, expected a number from 0 to 2 (0 answers the same each time, 1 varies)"
    )
    assert "expected one of piper, kokoro" in complaint_about("tts.engine", "parrot")
    assert "unknown key llama.greating; did you mean greeting?" in complaint_about("llama.greating", "x")


def test_marks_tell_configurations_apart_and_give_no_secret_away() -> None:
    plain, other, secret = Config(), Config(), Config()
    other.llama.greeting = "Good day."
    secret.llama.api_key = "sk-123"
    assert marks(plain) == marks(secret) == {}
    assert list(marks(other)) == ["llama.greeting"]
    former = marks(other)
    other.llama.greeting = "Good morning."
    assert marks(other) != former
