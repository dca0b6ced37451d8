"""The one table of connections: the founding document's numbers, ports and words, and nothing that the config lacks."""

import pytest

from steadyline.config import Config, sections
from steadyline.connections import CONNECTIONS, Connection

ROLES = {"gateway", "inbound", "whisper", "llama", "tts", "standby", "outbound"}
WORDS = {"call_id": 66, "port": 9068, "attempt": 1, "attempts": 10, "delay_ms": 200}


def port_of(connection: Connection) -> int:
    section, key = connection.port_key.split(".")
    return int(getattr(sections(Config())[section], key))


def test_who_dials_whom_on_which_port() -> None:
    picture = [(c.number, c.dialer, c.listener, c.transport, port_of(c), c.port_is_per_call) for c in CONNECTIONS]
    assert picture == [
        (0, "inbound", "gateway", "tcp", 8070, False),
        (0, "outbound", "gateway", "tcp", 8070, False),
        (1, "inbound", "whisper", "udp", 13000, False),
        (1, "whisper", "inbound", "tcp", 9001, True),
        (2, "outbound", "tts", "udp", 13001, False),
        (2, "outbound", "standby", "udp", 13002, False),
        (3, "whisper", "llama", "tcp", 8083, False),
        (4, "llama", "tts", "tcp", 8090, False),
        (4, "llama", "standby", "tcp", 8091, False),
        (5, "tts", "outbound", "tcp", 9002, True),
        (5, "standby", "outbound", "tcp", 9002, True),
    ]


@pytest.mark.parametrize("connection", CONNECTIONS, ids=lambda connection: connection.name)
def test_a_connection_names_known_roles_and_its_lines_can_be_filled_in(connection: Connection) -> None:
    assert {connection.dialer, connection.listener} <= ROLES
    for text in (connection.connected_text, connection.retry_text, connection.failed_text):
        assert "call 66" in text.format(**WORDS)
        assert "{" not in text.format(**WORDS)


def test_names_are_unique() -> None:
    assert len({connection.name for connection in CONNECTIONS}) == len(CONNECTIONS)


def test_the_lines_are_the_founding_documents() -> None:
    lines = {text.format(**WORDS) for c in CONNECTIONS for text in (c.connected_text, c.retry_text, c.failed_text)}
    assert {
        "🔗 Pre-connected to LLaMA service for call 66",
        "🔗 Pre-connected to TTS service for call 66",
        "🔗 Connected to outbound audio processor on port 9068 for call 66 (attempt 1)",
        "🔗 Connected to inbound audio processor on port 9068 for call 66 (attempt 1)",
        "✅ TTS service connected for call 66 - stopping registration polling",
        "✅ Whisper service connected for call 66 - stopping registration polling",
        "⚠️ Connection attempt 1/10 failed for call 66 - retrying in 200ms",
        "⚠️ LLaMA connection attempt 1/10 failed for call 66 - retrying in 200ms",
        "⚠️ TTS connection attempt 1/10 failed for call 66 - retrying in 200ms",
        "❌ Failed to connect to audio processor for call 66 after 10 attempts",
        "❌ Failed to connect to LLaMA for call 66 after 10 attempts",
        "❌ Failed to connect to TTS for call 66 after 10 attempts",
    } <= lines


def test_ports_of_calls_never_collide() -> None:
    """Hazard 1: 9001 + (n + 1) = 9002 + n, so ids are even; and they stay below the ephemeral ports (Linux: 32768)."""
    gateway = Config().gateway
    ids = range(gateway.first_call_id, gateway.last_call_id + 1, 2)
    ports = [base + call_id for base in {port_of(c) for c in CONNECTIONS if c.port_is_per_call} for call_id in ids]
    assert len(ports) == len(set(ports))
    fixed = {port_of(c) for c in CONNECTIONS if not c.port_is_per_call and c.transport == "tcp"}
    assert not fixed & set(ports) and max(ports) < 32768
