"""Reads docs/wire-protocol.md: its tables, its example messages with their bytes."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from steadyline.wire.codec import MESSAGE_TYPES
from steadyline.wire.messages import Message

DOCUMENT = Path(__file__).parents[3] / "docs" / "wire-protocol.md"
TEXT = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""
SENTENCES = " ".join(TEXT.split())
"""The text without its line breaks."""
KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in MESSAGE_TYPES.values()}
_SAMPLE_TYPES = {
    **dict.fromkeys(("CallerAudio", "PlayedAudio", "LineAudio", "PhraseAudio"), "i2"),
    **dict.fromkeys(("SpeechAudio", "ClauseAudio"), "f4"),
}


def message_of(name: str, content: dict[str, Any]) -> Message:
    """The message that a JSON object in the document describes; samples and cursors are lists there."""
    values = dict(content)
    if "samples" in values and name in _SAMPLE_TYPES:
        values["samples"] = np.array(values["samples"], _SAMPLE_TYPES[name])
    for key in ("accepted", "played"):
        if isinstance(values.get(key), list):
            values[key] = tuple(values[key])
    message: Message = KINDS[name](**values)
    return message


def content_of(message: Any) -> dict[str, Any]:
    """The JSON object that describes a message in the document."""
    values = {item.name: getattr(message, item.name) for item in fields(message)}
    plain = {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in values.items()}
    described: dict[str, Any] = json.loads(json.dumps(plain))
    return described


def hexdump(data: bytes) -> str:
    """Sixteen bytes a line: offset, bytes, characters."""
    lines = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        characters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{at:04x}  {row.hex(' '):<47}  {characters}")
    return "\n".join(lines)


def undump(text: str) -> bytes:
    """The bytes of a hexdump."""
    return b"".join(bytes.fromhex(line[6:53]) for line in text.splitlines())


def examples() -> Iterator[tuple[str, int, dict[str, Any], str]]:
    """Every example: message name, seq, content, hexdump."""
    pattern = r"```message (\w+) (\d+)\n(.*?)\n```\n\n```hexdump\n(.*?)\n```"
    for name, seq, content, dump in re.findall(pattern, TEXT, re.DOTALL):
        yield name, int(seq), json.loads(content), dump


def tables() -> Iterator[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """Every table: its head, its rows."""
    for block in re.findall(r"(?:^\|.*\|\n)+", TEXT, re.MULTILINE):
        head, _, *rows = (tuple(cell.strip() for cell in line.strip("|\n").split("|")) for line in block.splitlines())
        yield head, rows


def table(*head: str) -> list[tuple[str, ...]]:
    """The rows of the one table with that head."""
    (rows,) = [rows for found, rows in tables() if found == head]
    return rows


def byte_tables() -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Byte tables of audio messages: name, rows of (offset, bytes, field, meaning)."""
    for name, block in re.findall(r"^`(\w+)`, (?:[^\n|]+\n)*?[^\n|]*:\n\n((?:^\|.*\|\n)+)", TEXT, re.MULTILINE):
        rows = [tuple(cell.strip() for cell in line.strip("|\n").split("|")) for line in block.splitlines()]
        yield name, rows[2:]


def quoted(text: str) -> list[str]:
    """What stands in `backticks`."""
    return re.findall(r"`([^`]+)`", text)
