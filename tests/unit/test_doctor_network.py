"""Who has a port, and the doctor's checks of ports, address, certificate and PBX, each on real sockets."""

import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from steadyline.config import Config, sections
from steadyline.config_file import load_config
from steadyline.doctor.certificate import check_certificate
from steadyline.doctor.pbx import check_pbx
from steadyline.doctor.ports import check_call_ports, check_ports
from steadyline.doctor.sip_address import check_sip_address
from steadyline.errors import PortTakenError
from steadyline.services.port_holder import port_holder, port_holder_named
from steadyline.services.ports import configured_ports
from steadyline.supervisor.free_ports import free_port_settings

HOLD = """
import socket, sys
kind = socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM
held = socket.socket(socket.AF_INET, kind)
held.bind((sys.argv[2], 0))
if kind == socket.SOCK_STREAM:
    held.listen()
print(held.getsockname()[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(request: pytest.FixtureRequest) -> Iterator[tuple[str, int, int]]:
    """A process that has a port: kind, port, pid."""
    kind, host = getattr(request, "param", ("tcp", "127.0.0.1"))
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, kind, host], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield kind, int(process.stdout.readline()), process.pid
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    "holder", [("tcp", "127.0.0.1"), ("udp", "127.0.0.1"), ("tcp", "0.0.0.0")], indirect=True, ids=str
)
def test_the_process_that_has_a_port_is_named(holder: tuple[str, int, int]) -> None:
    kind, port, pid = holder
    text = port_holder("127.0.0.1", port, kind)
    assert text is not None and text.startswith("python") and text.endswith(f"(pid {pid})")
    assert len(text) < 120 and "\n" not in text
    assert port_holder("localhost", port, kind) == text
    assert port_holder("127.0.0.1", port, "udp" if kind == "tcp" else "tcp") is None


def test_our_own_socket_is_not_the_holder() -> None:
    with socket.create_server(("127.0.0.1", 0)) as own:
        assert port_holder("127.0.0.1", own.getsockname()[1], "tcp") is None


def test_a_taken_port_is_told_with_key_and_process(holder: tuple[str, int, int]) -> None:
    _, port, pid = holder
    config = load_config(None, [f"llama.port={port}"])
    with pytest.raises(PortTakenError) as caught, port_holder_named(config):
        raise PortTakenError("TCP port in use", (("udp", "127.0.0.1", port), ("tcp", "127.0.0.1", port)))
    assert f"(pid {pid}); end that process, or set another llama.port" in str(caught.value)


def test_a_port_that_nobody_has_is_told_with_its_key_alone() -> None:
    with pytest.raises(PortTakenError) as caught, port_holder_named(Config()):
        raise PortTakenError("TCP port 8083 cannot be listened on: Permission denied", (("tcp", "127.0.0.1", 8083),))
    assert str(caught.value).endswith("Permission denied; set another llama.port")


def test_every_port_of_the_configuration_is_looked_at() -> None:
    config = Config()
    config.standby.engine = "kokoro"
    keys = {
        f"{name}.{item.name}"
        for name, section in sections(config).items()
        for item in fields(section)
        if item.name.endswith("port")
    }
    assert {port.key for port in configured_ports(config)} == keys
    without = {port.key for port in configured_ports(Config())}
    assert without == {key for key in keys if not key.startswith("standby.")}


def test_free_ports_are_fine() -> None:
    [finding] = check_ports(load_config(None, free_port_settings()), {})
    assert (finding.severity, finding.mend) == ("ok", "")


def test_a_taken_port_is_an_error_unless_our_own_system_has_it(holder: tuple[str, int, int]) -> None:
    _, port, pid = holder
    config = load_config(None, [*free_port_settings(), f"tts.port={port}"])
    [finding] = check_ports(config, {})
    assert finding.severity == "error"
    assert all(word in finding.text for word in (str(port), "tts.port", f"(pid {pid})")), finding
    assert "tts.port" in finding.mend
    [finding] = check_ports(config, {pid: "piper"})
    assert finding.severity == "ok" and "piper" in finding.text


def test_two_keys_with_one_port_are_an_error() -> None:
    config = load_config(None, [*free_port_settings(), "llama.status_port=8899", "inbound.status_port=8899"])
    [finding] = check_ports(config, {})
    assert finding.severity == "error"
    assert "inbound.status_port and llama.status_port are both TCP port 8899" in finding.text


def test_call_ports_among_the_ephemeral_ones_are_a_warning_whose_mend_mends() -> None:
    [finding] = check_call_ports(load_config(None, ["gateway.last_call_id=40000"]), {})
    assert finding.severity == "warning"
    setting = finding.mend.removeprefix("set ").replace(" to ", "=")
    assert {found.severity for found in check_call_ports(load_config(None, [setting]), {})} == {"ok"}


def test_a_fixed_port_among_those_of_calls_is_a_warning() -> None:
    findings = check_call_ports(load_config(None, ["llama.port=9100"]), {})
    assert [finding.severity for finding in findings] == ["warning", "ok"]
    assert "llama.port is 9100" in findings[0].text


@pytest.mark.parametrize(
    ("settings", "severity", "words"),
    [
        ([], "ok", "only this machine can call"),
        (["gateway.sip_host=0.0.0.0"], "ok", "all addresses"),
        (["gateway.sip_host=192.0.2.77"], "error", "this machine has 127.0.0.1"),
        (["gateway.sip_host=no-such-host.invalid"], "error", "cannot be bound"),
        (["pbx.server=192.0.2.1", "pbx.user=1"], "warning", "reaches this machine only"),
        (["pbx.server=127.0.0.1:5080", "pbx.user=1"], "ok", "only this machine can call"),
    ],
)
def test_who_can_call(settings: list[str], severity: str, words: str) -> None:
    [finding] = check_sip_address(load_config(None, settings), {})
    assert finding.severity == severity and words in finding.text
    assert severity == "ok" or "gateway.sip_host" in finding.mend


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "me.pem"
    request = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "60",
        "-subj",
        "/CN=steadyline",
    ]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "certificate.pem")]
    subprocess.run([*request, *files], check=True, capture_output=True)
    path.write_bytes((tmp_path / "key.pem").read_bytes() + (tmp_path / "certificate.pem").read_bytes())
    return path


def with_certificate(path: Path) -> Config:
    return load_config(None, ["gateway.transports=udp,tls", f"gateway.certificate={path}"])


def test_a_sound_certificate_is_fine_and_without_tls_none_is_wanted(certificate: Path) -> None:
    [finding] = check_certificate(with_certificate(certificate), {})
    assert finding.severity == "ok" and re.search("(59|60) more days", finding.text)
    assert check_certificate(Config(), {}) == []


def test_a_certificate_that_has_run_out_is_a_warning(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadyline.doctor.certificate.SOON_DAYS", 90)
    [finding] = check_certificate(with_certificate(certificate), {})
    assert (finding.severity, finding.mend) == ("warning", "renew it")


@pytest.mark.parametrize("wrong", ["missing", "no PEM", "no key"])
def test_a_certificate_that_cannot_serve_is_an_error(certificate: Path, wrong: str) -> None:
    if wrong == "missing":
        certificate.unlink()
    else:
        certificate.write_bytes(b"x" if wrong == "no PEM" else (certificate.parent / "certificate.pem").read_bytes())
    [finding] = check_certificate(with_certificate(certificate), {})
    assert finding.severity == "error" and str(certificate) in finding.text and "PEM file" in finding.mend


@pytest.fixture
def pbx(request: pytest.FixtureRequest) -> Iterator[str]:
    """Answers one OPTIONS with the given words; host:port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            data, sender = server.recvfrom(65535)
            if data.startswith(b"OPTIONS sip:127.0.0.1:") and data.endswith(b"Content-Length: 0\r\n\r\n"):
                server.sendto(request.param, sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(10)


@pytest.mark.parametrize(
    ("pbx", "severity"),
    [(b"SIP/2.0 200 OK\r\n\r\n", "ok"), (b"SIP/2.0 403 Forbidden\r\n\r\n", "ok"), (b"HTTP/1.1 400\r\n\r\n", "warning")],
    indirect=["pbx"],
)
def test_a_pbx_that_answers_anything_in_sip_is_there(pbx: str, severity: str) -> None:
    [finding] = check_pbx(load_config(None, [f"pbx.server={pbx}", "pbx.user=7000"]), {})
    assert finding.severity == severity, finding


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_pbx_that_is_not_there_is_a_warning(transport: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{probe.getsockname()[1]};transport={transport}"
    [finding] = check_pbx(load_config(None, [f"pbx.server={server}", "pbx.user=7000"]), {})
    assert finding.severity == "warning" and "pbx.server" in finding.mend
    assert check_pbx(Config(), {}) == []
