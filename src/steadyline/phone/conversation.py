"""One established call, driven by a script and recorded."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import numpy as np

from steadyline.phone.recording import TwoChannelRecording
from steadyline.phone.script import CallerScript, HangUp, Say, ScriptTiming, State
from steadyline.phone.speaking import Line, Samples, Voice

Progress = Callable[[str], None]

POLL_S = 0.005
# The caller takes a block above -45 dBFS for a sound, not for the noise of the line.
AUDIBLE_RMS = 10 ** (-45 / 20) * 32768


class Conversation:
    """Says the utterances in turn, listens, and records both on one clock.

    Args:
        line: an established call whose media runs.
        utterances: int16 mono at the rate of the line.
        timing: how patient the caller is.
        progress: called with a line of text whenever somebody begins to speak.
        clock: monotonic seconds.
        sleep: waits for seconds.
        established_s: the moment on `clock` at which the recording begins.
        transmit_delay_s: how long after it left the queue a packet is sent.
    """

    def __init__(
        self,
        line: Line,
        utterances: Sequence[Samples],
        timing: ScriptTiming,
        progress: Progress,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        established_s: float,
        transmit_delay_s: Callable[[], float],
    ) -> None:
        self.recording = TwoChannelRecording(line.line_rate_hz)
        self.script = CallerScript(len(utterances), timing)
        self._line = line
        self._utterances = utterances
        self._voice = Voice(line)
        self._progress = progress
        self._clock = clock
        self._sleep = sleep
        self._established_s = established_s
        self._transmit_delay_s = transmit_delay_s
        self._recorded_delay_s = transmit_delay_s()
        self._far_end_speaks = False
        self._last_audible_s = 0.0

    async def run(self) -> None:
        """Return when the script is over; cancel it when the call is."""
        while not self.tick():
            await self._sleep(POLL_S)

    def tick(self) -> bool:
        """One look at both directions; True when the script is over."""
        heard = self._line.read()
        heard_s = self._now_s()
        self.recording.heard(heard, heard_s)
        self._record_said()
        self._voice.top_up()
        audible = _audible(heard)
        self._note(audible, heard_s)
        action = self.script.advance(heard_s, audible=audible, speaking=self._voice.speaking)
        if isinstance(action, Say):
            self._voice.begin(self._utterances[action.index])
            self._progress(f"{heard_s:7.2f} s  the caller says question {action.index + 1}")
        return isinstance(action, HangUp)

    def _record_said(self) -> None:
        departed, ran_dry = self._voice.departed()
        delay_s = self._transmit_delay_s()
        delayed, self._recorded_delay_s = delay_s > self._recorded_delay_s, delay_s
        if delayed:
            self.recording.caller.interrupted()
        self.recording.said(departed, self._now_s() + delay_s)
        if ran_dry:
            self.recording.caller.interrupted()

    def _now_s(self) -> float:
        return self._clock() - self._established_s

    def _note(self, audible: bool, now_s: float) -> None:
        if audible:
            self._last_audible_s = now_s
            if not self._far_end_speaks and self.script.state is not State.SAYING:
                self._progress(f"{now_s:7.2f} s  the far end speaks")
            self._far_end_speaks = True
        elif now_s - self._last_audible_s > self.script.timing.reply_silence_s:
            self._far_end_speaks = False


def _audible(samples: Samples) -> bool:
    return bool(samples.size) and float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))) > AUDIBLE_RMS
