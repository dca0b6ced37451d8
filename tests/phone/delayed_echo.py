"""A far end over our own SIP stack, for the codecs: whatever it hears it says `--delay` seconds later."""

import argparse
import asyncio
import json

import numpy as np

from steadyline.sip import SipCall, SipSettings, SipUserAgent


async def echo(call: SipCall, delay_s: float) -> None:
    await call.answer()
    while not call.ready:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    waiting = np.zeros(round(delay_s * call.line_rate_hz), np.int16)
    while not call.closed.done():
        waiting = np.concatenate([waiting, call.read()])
        due = waiting.size - round(delay_s * call.line_rate_hz)
        if due > 0:
            call.write(waiting[:due])
            waiting = waiting[due:]
        await asyncio.sleep(0.01)


async def serve(delay_s: float) -> None:
    settings = SipSettings(port=0, transports=("udp", "tcp"), rtp_ports=(20000, 20998))
    calls: set[asyncio.Task[None]] = set()
    agent = await SipUserAgent.start(settings, lambda call: calls.add(asyncio.create_task(echo(call, delay_s))))
    print(json.dumps({"event": "listening", "uri": agent.uri}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=2.5)
    asyncio.run(serve(parser.parse_args().delay))
