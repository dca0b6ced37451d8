"""docs/wire-protocol.md is normative: its tables are the code's, its examples are bytes both ways, its session table runs."""

import itertools
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from tests.unit.wire.protocol_document import (
    KINDS,
    SENTENCES,
    TEXT,
    byte_tables,
    content_of,
    examples,
    message_of,
    quoted,
    table,
    tables,
    undump,
)
from tests.vectors.examples import PROTOCOL_FAULTS

from steadyline.config import Config, sections
from steadyline.connections import CONNECTIONS
from steadyline.link.dialer import FATAL_REFUSALS
from steadyline.link.link import MAX_UNSENT_BYTES
from steadyline.retry import RetryPolicy
from steadyline.wire.codec import MESSAGE_TYPES, decode_message, encode_message
from steadyline.wire.framing import HEADER, MAX_BODY_BYTES, FrameDecoder
from steadyline.wire.json_message import MAX_CONTROL_BYTES, JsonMessage, Position
from steadyline.wire.messages import PROTOCOL_VERSION, StatusReply
from steadyline.wire.registration import (
    MAX_CALL_ID,
    MAX_DATAGRAM_BYTES,
    RegisterCadence,
    decode_registration,
    encode_registration,
)
from steadyline.wire.session import SessionTimes

SOURCE = Path(__file__).parents[3] / "src" / "steadyline"
EXAMPLE_IDS = [f"{name}-{seq}" for name, seq, _, _ in examples()]
WORDS = {int: "int", str: "text", bool: "bool", float: "number", Position: "position", dict[str, Any]: "object"}


@pytest.mark.parametrize(("name", "seq", "content", "dump"), list(examples()), ids=EXAMPLE_IDS)
def test_an_example_is_its_bytes_both_ways(name: str, seq: int, content: dict[str, Any], dump: str) -> None:
    data = undump(dump)
    assert encode_message(message_of(name, content), seq) == data
    decoder = FrameDecoder()
    for earlier in range(1, seq):
        decoder.feed(HEADER.pack(0, 0, 0, 0, earlier))
    (frame,) = decoder.feed(data)
    message = decode_message(frame)
    assert type(message).__name__ == name
    assert content_of(message) == content


def test_every_audio_message_and_every_session_message_has_an_example() -> None:
    shown = {name for name, _, _, _ in examples()}
    audio = {name for name, kind in KINDS.items() if not issubclass(kind, JsonMessage)}
    assert audio | {"Hello", "Welcome", "Refused", "Bye", "Ping", "Pong"} <= shown


def test_datagram_examples_are_registrations_both_ways() -> None:
    datagrams = re.findall(r"```datagram\n(.*?\n)```", TEXT, re.DOTALL)
    assert {decode_registration(text.encode()).verb for text in datagrams} == {"REGISTER", "BYE"}
    for text in datagrams:
        assert encode_registration(decode_registration(text.encode())) == text.encode()
    assert f"at most {MAX_DATAGRAM_BYTES} bytes" in SENTENCES and f"0 to {MAX_CALL_ID:,} in digits" in SENTENCES


def test_the_table_of_messages_is_the_codes() -> None:
    rows = table("type", "message", "on", "direction", "fields")
    assert [(int(number, 16), quoted(name)[0]) for number, name, *_ in rows] == sorted(
        (number, kind.__name__) for number, kind in MESSAGE_TYPES.items()
    )
    for _, name, _, _, described in rows:
        kind = KINDS[quoted(name)[0]]
        assert quoted(described) == [item.name for item in fields(kind)], name
        if issubclass(kind, JsonMessage):
            words = re.findall(r"`\w+` (\w+)", described)
            assert words == [WORDS[item.type] for item in fields(kind)], name
        else:
            assert described.startswith("binary: ")


def test_byte_tables_are_the_codes_headers() -> None:
    tables = dict(byte_tables())
    assert tables.keys() == {name for name, kind in KINDS.items() if not issubclass(kind, JsonMessage)}
    for name, rows in tables.items():
        kind: Any = KINDS[name]
        end = 0
        for offset, size, _, _ in rows:
            assert int(offset) == end, name
            end += int(size) if size != "…" else 0
        assert end == (kind.LAYOUT if name == "Cursor" else kind.HEADER).size
        assert [quoted(field)[0] for _, _, field, _ in rows] == [item.name for item in fields(kind)]


def test_the_frame_header_is_the_codes() -> None:
    rows = next(rows for head, rows in tables() if head[0] == "offset")
    assert [(int(offset), int(size)) for offset, size, _, _ in rows] == [(0, 4), (4, 1), (5, 1), (6, 2), (8, 8)]
    assert HEADER.size == 16 and f"0 to {MAX_BODY_BYTES:,}" in rows[0][3]
    assert f"at most {MAX_CONTROL_BYTES:,} bytes (`StatusReply`: {StatusReply.MAX_BYTES:,})" in SENTENCES
    assert f"{MAX_UNSENT_BYTES >> 20} MiB" in SENTENCES


def test_ports_are_the_configurations_and_the_connections() -> None:
    documented = set()
    for number, _, port, default in table("connection", "who dials → who listens", "port", "default"):
        key = quoted(port)[0]
        assert setting(key) == int(default), key
        documented.add((int(number), port.split()[0].lower(), key, port.endswith("+ call_id")))
    calls = {(c.number, c.transport, c.port_key, c.port_is_per_call) for c in CONNECTIONS}
    assert {row for row in documented if row[0] != 6} == calls
    status_keys = {
        f"{name}.status_port" for name, section in sections(Config()).items() if hasattr(section, "status_port")
    }
    assert {key for number, _, key, _ in documented if number == 6} == status_keys


def setting(key: str) -> Any:
    section, name = key.split(".")
    return getattr(sections(Config())[section], name)


def test_deadlines_are_the_codes() -> None:
    keys = {"connections.hello_timeout_s", "connections.ping_interval_s", "connections.lost_after_s"}
    rows = table("deadline", "key", "default", "from → to")
    assert {quoted(key)[0] for _, key, _, _ in rows} == keys
    for _, key, default, _ in rows:
        name = quoted(key)[0].split(".")[1]
        assert f"{getattr(SessionTimes(), name):g} s" == f"{setting(quoted(key)[0]):g} s" == default


def test_schedules_are_the_codes() -> None:
    cadence = list(itertools.islice(RegisterCadence().times(), 8))
    assert f"REGISTER leaves at 0, {', '.join(f'{at:.1f}' for at in cadence[1:])}, … s" in SENTENCES
    policy = RetryPolicy()
    delays = (policy.delay_after(attempt) for attempt in range(1, policy.attempts))
    times = ", ".join(f"{at:.1f}" for at in itertools.accumulate(delays))
    assert f"ten attempts leave at 0, {times} s" in SENTENCES


def test_reason_codes_are_those_that_the_code_uses() -> None:
    rows = table("code", "who finds it", "meaning", "tried again")
    documented = {quoted(code)[0] for code, *_ in rows}
    pattern = (
        r'(?:WireError|Refusal|refuse|Closed|_close)\(\s*(?:SessionState\.\w+, )?"([a-z-]+)"|code, text = "([a-z-]+)"'
    )
    used = {
        first or second
        for file in [*SOURCE.glob("wire/*.py"), *SOURCE.glob("link/*.py"), *SOURCE.glob("services/*.py")]
        for first, second in re.findall(pattern, file.read_text(encoding="utf-8"))
    }
    assert used == documented
    assert {quoted(code)[0] for code, who, *_ in rows if who == "session"} >= PROTOCOL_FAULTS
    final = {quoted(code)[0] for code, _, _, again in rows if again == "no"}
    assert final == FATAL_REFUSALS | {"bye"}


def test_the_document_names_nothing_that_does_not_exist() -> None:
    prose = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    names = set(quoted(prose))
    for name in names:
        if re.fullmatch(r"[A-Z][A-Za-z]+", name):
            assert name in KINDS, name
        elif re.fullmatch(r"[a-z]+\.[a-z_]+", name) and not name.endswith((".py", ".md")):
            setting(name)
        elif name.startswith(("tests/", "src/")):
            assert (SOURCE.parents[1] / name).exists(), name
    roles = {role for c in CONNECTIONS for role in (c.dialer, c.listener)} | {"operator"}
    assert roles <= names
    for link in re.findall(r"\]\(([\w./-]+)\)", prose):
        assert (SOURCE.parents[1] / "docs" / link).exists(), link


def test_the_version_is_the_codes() -> None:
    assert TEXT.startswith(f"# Wire protocol, version {PROTOCOL_VERSION}\n")
    assert f"`version` in `Hello` is {PROTOCOL_VERSION}." in SENTENCES
