"""A Pipecat transport whose far end is a `Line` in the same process: no network, no device, no delay of its own."""

import asyncio

import numpy as np
from pipecat.frames.frames import InputAudioRawFrame, OutputAudioRawFrame, StartFrame
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

from benchmarks.peer.line import SAID_RATE_HZ, Line

# So much of what was written may still have to be heard when the next piece is taken: as a sound card's buffer, it keeps
# playback without gaps, and delays nothing.
AHEAD_S = 0.040


class LineInput(BaseInputTransport):
    """Feeds a frame of 20 ms whenever one is due, from the start of the pipeline on."""

    def __init__(self, line: Line, params: TransportParams) -> None:
        super().__init__(params)
        self._line = line

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._line.begin()
        self.create_task(self._feed())

    async def _feed(self) -> None:
        while True:
            await asyncio.sleep(max(0.0, self._line.due_s - self._line.now_s))
            said = self._line.next_frame()
            if said is None:
                return
            await self.push_audio_frame(
                InputAudioRawFrame(audio=said.tobytes(), sample_rate=SAID_RATE_HZ, num_channels=1)
            )


class LineOutput(BaseOutputTransport):
    """Plays what Pipecat writes, the first piece at once, the following ones without a gap."""

    def __init__(self, line: Line, params: TransportParams) -> None:
        super().__init__(params)
        self._line = line

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        end_s = self._line.hear(np.frombuffer(frame.audio, np.int16))
        await asyncio.sleep(max(0.0, end_s - AHEAD_S - self._line.now_s))
        return True
