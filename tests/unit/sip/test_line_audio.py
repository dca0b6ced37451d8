"""The cursors of a line, on a stack that is played: it sends, flushes and restarts when told."""

from types import SimpleNamespace

import numpy as np
from baresip import AudioNotActive, AudioRestarted
from hypothesis import given
from hypothesis import strategies as st

from steadyline.sip.line_audio import LineAudio

CAPACITY_BYTES = 3200


class PlayedStack:
    """The parts of the binding's `CallAudio` that a line uses, mono at 8 kHz."""

    def __init__(self) -> None:
        self._bound_epoch: int | None = None
        self.epoch: int | None = 1
        self.sent = 0
        self.lost = 0
        self._queue = self._flushed = self._silence = 0
        self._flush_asked = False

    def info(self) -> SimpleNamespace:
        self._bind()
        return SimpleNamespace(
            tx_ready=1, rx_ready=1, tx_sample_rate=8000, rx_sample_rate=8000, tx_channels=1, rx_channels=1
        )

    def stats(self) -> SimpleNamespace:
        self._bind()
        return SimpleNamespace(
            tx_buffered=self._queue,
            tx_flushed_bytes=self._flushed,
            tx_silence_frames=self._silence,
            tx_starved_frames=0,
            rx_discarded_bytes=0,
            rx_dropped_bytes=0,
        )

    def write(self, data: bytes) -> int:
        self._check()
        taken = min(len(data), CAPACITY_BYTES - self._queue)
        self._queue += taken
        return taken

    def read(self, size: int) -> bytes:
        self._check()
        return b""

    def flush_tx(self) -> None:
        self._check()
        self._flush_asked = True

    def send_frame(self) -> None:
        if self._flush_asked:
            self._flush_asked = False
            self._flushed += self._queue
            self._queue = 0
        self._silence += not self._queue
        frame = min(320, self._queue)
        self._queue -= frame
        self.sent += frame // 2

    def restart(self, epoch: int | None) -> None:
        self.lost += (self._queue + self._flushed) // 2
        self._queue = self._flushed = self._silence = 0
        self._flush_asked = False
        self.epoch = epoch

    def _bind(self) -> None:
        self._bound_epoch = self.epoch
        if self.epoch is None:
            raise AudioNotActive("not active")

    def _check(self) -> None:
        if self._bound_epoch is None:
            self._bind()
        if self.epoch is None or self._bound_epoch != self.epoch:
            self._bound_epoch = None
            raise AudioNotActive("not active") if self.epoch is None else AudioRestarted("restarted")


ACTIONS = st.lists(st.sampled_from(["write", "send", "send", "read", "flush", "look", "restart", "hold"]), max_size=60)


@given(ACTIONS)
def test_played_buffered_and_flushed_add_up_and_played_is_what_was_sent(actions: list[str]) -> None:
    stack = PlayedStack()
    line = LineAudio(stack)
    epoch, last_played = 1, 0
    for action in actions:
        if action == "write":
            line.write(np.ones(500, np.int16))
        elif action == "send":
            stack.send_frame()
        elif action == "read":
            assert line.read().size == 0
        elif action == "flush":
            line.flush()
        elif action in ("restart", "hold"):
            # The stack replaces its streams between two looks of ours; a test may not let it send in between unseen.
            line.cursor()
            epoch += 1
            stack.restart(epoch if action == "restart" else None)
        played, buffered, flushed = line.cursor()
        assert played + buffered + flushed == line.written_samples
        assert played == stack.sent
        assert played >= last_played
        last_played = played


def test_nothing_is_taken_until_a_flush_is_done_since_it_would_be_dropped() -> None:
    stack = PlayedStack()
    line = LineAudio(stack)
    line.write(np.ones(1000, np.int16))
    line.flush()
    assert line.write(np.ones(160, np.int16)) == 0
    stack.send_frame()
    assert line.write(np.ones(160, np.int16)) == 160
    assert line.cursor() == (0, 160, 1000)


def test_what_does_not_fit_is_not_taken() -> None:
    line = LineAudio(PlayedStack())
    assert line.write(np.ones(1000, np.int16)) == 1000
    assert line.write(np.ones(1000, np.int16)) == 600
    assert line.write(np.ones(1000, np.int16)) == 0
    assert line.written_samples == 1600


def test_a_line_without_media_reads_nothing_and_takes_nothing() -> None:
    stack = PlayedStack()
    stack.restart(None)
    line = LineAudio(stack)
    assert (line.ready, line.read().size, line.write(np.ones(10, np.int16)), line.rate_hz) == (False, 0, 0, 0)
    assert line.cursor() == (0, 0, 0)
    stack.restart(2)
    assert (line.ready, line.rate_hz) == (True, 8000)
