"""Tells a simulated history while it happens: its events, what the services log, and what they send each other."""

import logging
from collections.abc import Callable

from steadyline.drills.simulate.player import HistoryPlayer
from steadyline.drills.simulate.wire_tap import WireTap

HEARTBEATS = {"Ping", "Pong"}
AUDIO = {"CallerAudio", "PlayedAudio", "LineAudio", "Cursor", "SpeechAudio", "ClauseAudio", "PhraseAudio"}
MAX_CHARS = 200


class Narrator:
    """Tells one run, a line an event, each with the seconds since the history began.

    Args:
        say: takes the lines.
        with_audio: audio frames, too, which are many.
    """

    def __init__(self, say: Callable[[str], None], *, with_audio: bool = False) -> None:
        self._say = say
        self._skipped = HEARTBEATS if with_audio else HEARTBEATS | AUDIO
        self._player: HistoryPlayer | None = None

    def attend(self, tap: WireTap, player: HistoryPlayer) -> None:
        """Listen to a system."""
        self._player = player
        player.on_tell = lambda text: self._tell(f"*** {text}")
        tap.on_frame = self._frame

    def conclude(self) -> None:
        """Tell what the callers heard; times count from the answer of their call."""
        for caller in self._player.callers.values() if self._player is not None else []:
            heard = " ".join(f"{word.word}@{word.start_s:.2f}" for word in caller.call.heard)
            self._say(f"call {caller.number} said {' '.join(caller.said)!r} and heard: {heard}")

    def log_handler(self) -> logging.Handler:
        """Tells what the services log."""
        narrator = self

        class Lines(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                narrator._tell(f"{record.name.removeprefix('steadyline.'):>8} logs {record.getMessage()}")

        return Lines(logging.INFO)

    def _frame(self, source: str, target: str, name: str, body: bytes) -> None:
        if name not in self._skipped:
            shown = f"{len(body)} bytes" if name in AUDIO else body.decode()
            self._tell(f"{source:>8} → {target:8} {name} {shown}")

    def _tell(self, text: str) -> None:
        at_s = self._player.elapsed_s if self._player is not None else 0.0
        self._say(f"{at_s:8.3f}  {text[:MAX_CHARS]}")
