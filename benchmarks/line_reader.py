"""`python -m benchmarks.line_reader JITTER_BUFFER_MS`: the gateway's SIP stack alone, telling when each frame could be read.

Prints {"port"} when it is called, and after each call {"frames": [[when, number], …]}; ends with its standard input.
"""

import asyncio
import json
import sys
import time

import numpy as np

from benchmarks.numbered_frames import numbers_in
from benchmarks.wire_caller import PACKET_SAMPLES
from steadyline.sip import SipCall, SipSettings, SipUserAgent

POLL_S = 0.002
"""How often it looks: the times are so much late at most, by half of it on average."""
RTP_PORTS = (21_000, 21_998)
ESTABLISH_S = 10.0


async def main(jitter_buffer_ms: int) -> None:
    """Answer every call until standard input ends."""
    calls: asyncio.Queue[SipCall] = asyncio.Queue()
    settings = SipSettings(
        port=0,
        transports=("udp",),
        codecs=("PCMU",),
        srtp="off",
        rtp_ports=RTP_PORTS,
        jitter_buffer_ms=jitter_buffer_ms,
    )
    agent = await SipUserAgent.start(settings, calls.put_nowait)
    _tell({"port": int(agent.uri.rpartition(":")[2])})
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    while not ended.done():
        next_call = asyncio.create_task(calls.get())
        await asyncio.wait([next_call, ended], return_when=asyncio.FIRST_COMPLETED)
        if next_call.done():
            _tell({"frames": await _frames(next_call.result())})
        else:
            next_call.cancel()
    await agent.close()


async def _frames(call: SipCall) -> list[tuple[float, int]]:
    """When each frame of a call was read, on `time.time()`, and its number."""
    await call.answer()
    await call.wait_established(ESTABLISH_S)
    sound, read_at = np.zeros(0, np.int16), np.zeros(0)
    while not call.closed.done():
        samples, now = call.read(), time.time()
        sound = np.concatenate((sound, samples))
        read_at = np.concatenate((read_at, np.full(len(samples), now)))
        await asyncio.sleep(POLL_S)
    numbers = numbers_in(sound)
    return [(float(read_at[place * PACKET_SAMPLES]), number) for place, number in enumerate(numbers)]


def _tell(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
