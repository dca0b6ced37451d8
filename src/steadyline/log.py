"""Logging: one line an event, to standard error, with the service's name; lines about a call carry its call_id."""

import logging
import re
import sys
from typing import Protocol

MARKS = ("🔗 ", "✅ ", "⚠️ ", "❌ ")
_CALLS_NAMED = re.compile(r"\bcall (\d+)\b")


class LineFormatter(logging.Formatter):
    """`2026-01-31 12:00:00.123 INFO whisper [call 66] text`; `plain` drops the marks in front of the text."""

    def __init__(self, service: str, *, plain: bool) -> None:
        super().__init__()
        self._service = service
        self._plain = plain

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if self._plain:
            for mark in MARKS:
                text = text.removeprefix(mark)
        call_id = getattr(record, "call_id", 0)
        call = f" [call {call_id}]" if call_id and str(call_id) not in _CALLS_NAMED.findall(text) else ""
        when = f"{self.formatTime(record, '%Y-%m-%d %H:%M:%S')}.{int(record.msecs):03d}"
        line = f"{when} {record.levelname} {self._service}{call} {text}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


class LogStream(Protocol):
    """Where lines go."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


def start_logging(service: str, level: str, style: str, stream: LogStream | None = None) -> logging.Logger:
    """Send this process's log to standard error; returns the service's logger.

    Args:
        service: shown in every line.
        level: "debug", "info", "warning" or "error".
        style: "marks" or "plain".
        stream: another place than standard error.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter(service, plain=style == "plain"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logger = logging.getLogger("steadyline")
    logger.setLevel(level.upper())
    return logger


def printable(text: str, longest: int | None = None) -> str:
    """Text from outside on one line, cut to `longest` characters: what a terminal would take for a command becomes U+FFFD."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text[:longest])
