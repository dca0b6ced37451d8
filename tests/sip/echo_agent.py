"""A process around `SipUserAgent`: takes calls as told and prints one JSON object a line for what happens.

Usage: echo_agent.py SETTINGS MODE, where SETTINGS is a JSON object of `SipSettings` fields and MODE one of "echo" (answer,
send back what is heard), "silent" (answer, say nothing), "ring" (never answer), "goodbye" (answer, hang up after 1 s).
Ends on SIGTERM.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path

from steadyline.sip import SipCall, SipSettings, SipUserAgent


def report(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


async def take(call: SipCall, mode: str) -> None:
    report("incoming", peer=call.peer, call_id=call.sip_call_id)
    call.on_digit(lambda digit, duration_ms: report("digit", digit=digit, duration_ms=duration_ms))
    call.on_signalling(lambda at, is_sent, text: report("sip", at=at, sent=is_sent, text=text))
    if mode != "ring":
        await call.answer()
    ticks_ready = 0
    was_ready = False
    codec, rate_hz = None, 0
    while not call.closed.done():
        samples = call.read()
        if mode == "echo":
            call.write(samples)
        if call.ready != was_ready:
            was_ready = not was_ready
            report("ready_changed", ready=was_ready)
        ticks_ready += was_ready
        codec, rate_hz = call.codec, call.line_rate_hz
        call.media_stats()
        if mode == "goodbye" and ticks_ready == 100:
            await call.hangup()
        await asyncio.sleep(0.01)
    report("closed", reason=call.closed.result(), peer=call.peer, codec=codec, rate_hz=rate_hz, **call.media_stats())


async def print_registration(agent: SipUserAgent) -> None:
    state = ""
    while True:
        if agent.registration_state != state:
            state = agent.registration_state
            report("registration", state=state)
        await asyncio.sleep(0.05)


async def main(settings: SipSettings, mode: str) -> None:
    tasks: set[asyncio.Task[None]] = set()
    agent = await SipUserAgent.start(settings, lambda call: tasks.add(asyncio.create_task(take(call, mode))))
    tasks.add(asyncio.create_task(print_registration(agent)))
    agent.on_refused(lambda peer: report("refused", peer=peer))
    report("ready", uri=agent.uri)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()
    await agent.close()


def settings_from(text: str) -> SipSettings:
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(text).items()}
    if "certificate" in fields:
        fields["certificate"] = Path(fields["certificate"])
    return SipSettings(**fields)


asyncio.run(main(settings_from(sys.argv[1]), sys.argv[2]))
