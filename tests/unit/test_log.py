"""Log lines: what a reader of the log relies on."""

import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from steadyline.connections import CONNECTIONS
from steadyline.log import MARKS, LineFormatter, start_logging


def line(text: str, *arguments: Any, plain: bool = False, msecs: float = 7.0, **extra: Any) -> str:
    record = logging.LogRecord("steadyline", logging.WARNING, __file__, 1, text, arguments, None)
    record.msecs = msecs
    for name, value in extra.items():
        setattr(record, name, value)
    return LineFormatter("whisper", plain=plain).format(record)


def test_a_line_has_time_level_service_and_text() -> None:
    date, clock, rest = line("hello %d", 3).split(" ", 2)
    assert (len(date), rest) == (10, "WARNING whisper hello 3")
    assert clock.endswith(".007")


def test_milliseconds_have_three_digits_also_just_before_the_next_second() -> None:
    assert line("x", msecs=999.7).split()[1].endswith(".999")


def test_a_line_about_a_call_names_it_once() -> None:
    assert line("answered", call_id=66).endswith("whisper [call 66] answered")
    assert line("🔗 Pre-connected to LLaMA service for call 66", call_id=66).count("66") == 1
    assert "[call 6]" in line("not call 66, but another", call_id=6)


def test_plain_drops_the_marks_and_nothing_else() -> None:
    for mark in MARKS:
        assert line(f"{mark}done for call 66", plain=True).endswith("whisper done for call 66")
        assert line(f"{mark}done").endswith(f"whisper {mark}done")
    assert line("done ✅ here", plain=True).endswith("done ✅ here")


def test_plain_knows_every_mark_of_the_connections() -> None:
    for connection in CONNECTIONS:
        for text in (connection.connected_text, connection.retry_text, connection.failed_text):
            assert (
                line(text.replace("{", "").replace("}", ""), plain=True).split("whisper ")[1].isascii() or "→" in text
            )


def test_an_exception_follows_its_line() -> None:
    try:
        raise ValueError("odd")
    except ValueError:
        text = line("it failed", exc_info=sys.exc_info())
    assert text.splitlines()[0].endswith("it failed")
    assert text.splitlines()[-1] == "ValueError: odd"


@pytest.fixture
def logging_kept() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("steadyline")
    handlers, level, own = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    ours.setLevel(own)


def test_the_level_is_ours_and_libraries_stay_quiet(logging_kept: None, capsys: pytest.CaptureFixture[str]) -> None:
    log = start_logging("llama", "debug", "plain")
    log.debug("🔗 details")
    logging.getLogger("httpx").info("chatter")
    logging.getLogger("steadyline.calls").warning("a part of ours")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [row.split(" ", 2)[2] for row in captured.err.splitlines()] == [
        "DEBUG llama details",
        "WARNING llama a part of ours",
    ]
