"""G.711 through the SIP stack: every code word of both laws is the sample that ITU-T G.711 gives it, in both directions."""

import asyncio
import time
from collections.abc import Callable

import numpy as np
import pytest
from tests.sip.raw_caller import RawCaller
from tests.sip.test_user_agent import settings, ulaw_level, until

from steadyline.sip import SipCall, SipUserAgent

PACKET = 160


def alaw_level(code: int) -> int:
    """The sample of an A-law code (ITU-T G.711, table 1a)."""
    plain = code ^ 0x55
    exponent, mantissa = plain >> 4 & 7, plain & 0x0F
    magnitude = (mantissa << 4) + (8 if exponent == 0 else 0x108) << max(0, exponent - 1)
    return magnitude if plain & 0x80 else -magnitude


@pytest.mark.parametrize(
    ("payload_type", "level", "minus_zero"), [(0, ulaw_level, b"\x7f"), (8, alaw_level, b"")], ids=["PCMU", "PCMA"]
)
def test_every_code_word_is_heard_and_spoken_as_its_sample(
    raw_caller: Callable[[int], RawCaller], payload_type: int, level: Callable[[int], int], minus_zero: bytes
) -> None:
    codes = bytes(range(256)) + bytes([0x2A]) * (2 * PACKET - 256)
    samples = np.array([level(code) for code in codes], np.int16)
    spoken: list[bytes] = []

    def speak(caller: RawCaller) -> None:
        caller.payload_type = payload_type
        caller.establish()
        time.sleep(0.2)
        for sequence in range(2):
            caller.send_rtp(sequence, codes[sequence * PACKET : (sequence + 1) * PACKET])
        spoken.extend(packet.payload for packet in caller.receive_rtp(2.0))
        caller.hang_up()

    async def scenario() -> None:
        calls: list[SipCall] = []
        wanted = settings()
        agent = await SipUserAgent.start(wanted, calls.append)
        speaking = asyncio.create_task(asyncio.to_thread(speak, raw_caller(wanted.port)))
        await until(lambda: bool(calls))
        await calls[0].answer()
        heard = np.zeros(0, np.int16)
        while len(heard) < len(samples) and not calls[0].closed.done():
            heard = np.concatenate((heard, calls[0].read()))
            await asyncio.sleep(0.02)
        calls[0].write(samples)
        await speaking
        await agent.close()
        # The stack takes the two zeros of the µ-law for ±2, 84 dB below full scale.
        np.testing.assert_allclose(heard, samples, atol=2)
        assert (heard == samples).sum() >= len(samples) - 2

    asyncio.run(scenario())
    # Minus zero is not told from zero once it is a sample.
    assert (codes.replace(minus_zero, b"\xff") if minus_zero else codes) in b"".join(spoken)
