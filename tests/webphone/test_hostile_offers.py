"""Offers that no browser wrote, up to the WebRTC stack: each is answered or refused, and leaves nothing behind."""

import asyncio
import random
import threading

import psutil
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.jitterbuffer import JitterBuffer
from tests.webphone.browser import Microphone

from steadyline.webphone.browser_leg import BrowserLeg
from steadyline.webphone.confinement import offered_addresses, received_from
from steadyline.webphone.offer import OfferError

MUTATIONS = 300


async def real_offer() -> str:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.createDataChannel("call")
    peer.addTrack(Microphone())
    await peer.setLocalDescription(await peer.createOffer())
    sdp = str(peer.localDescription.sdp)
    await peer.close()
    return sdp


def mutated(sdp: str, chance: random.Random) -> str:
    lines = sdp.splitlines()
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(lines))
        what = chance.randrange(5)
        if what == 0:
            del lines[place]
        elif what == 1:
            lines.insert(place, chance.choice(lines))
        elif what == 2:
            lines[place] = lines[place][: chance.randrange(len(lines[place]) + 1)]
        elif what == 3:
            lines[place] = lines[place].replace(
                chance.choice("0123456789 :=/"), chance.choice(["", "99999999999", "-1", "é\0"])
            )
        else:
            lines[place] = "".join(chance.sample(lines[place], len(lines[place])))
    return "\r\n".join(lines) + "\r\n"


def test_a_mutated_offer_is_answered_or_refused_and_nothing_stays() -> None:
    chance = random.Random(5)

    async def body() -> int:
        offer, refused, process = await real_offer(), 0, psutil.Process()
        descriptors, tasks = process.num_fds(), len(asyncio.all_tasks())
        for _ in range(MUTATIONS):
            leg = BrowserLeg(lambda message: None, 200)
            try:
                answer = await asyncio.wait_for(leg.answer(mutated(offer, chance)), 10)
                assert answer.startswith("v=0") and " 127.0.0.1 " in answer
                await leg.close()
            except OfferError as error:
                refused += 1
                assert len(str(error)) < 300
        await asyncio.sleep(0.1)
        assert process.num_fds() <= descriptors + 1
        assert len(asyncio.all_tasks()) == tasks
        return refused

    threads = threading.active_count()
    assert 0 < asyncio.run(asyncio.wait_for(body(), 200)) < MUTATIONS
    assert threading.active_count() <= threads + 1


def test_our_answer_names_addresses_of_this_machine_alone() -> None:
    async def body() -> str:
        leg = BrowserLeg(lambda message: None, 200)
        try:
            return await leg.answer(await real_offer())
        finally:
            await leg.close()

    candidates = [line.split() for line in asyncio.run(body()).splitlines() if line.startswith("a=candidate")]
    assert candidates and all((one[2].lower(), one[6:]) == ("udp", ["typ", "host"]) for one in candidates)
    assert {one[4] for one in candidates} == set(offered_addresses())


def test_what_comes_from_another_machine_is_dropped_unread() -> None:
    taken: list[bytes] = []
    receive = received_from(frozenset({"127.0.0.1"}), lambda data, address: taken.append(data))
    receive(b"ours", ("127.0.0.1", 1))
    receive(b"theirs", ("198.51.100.7", 1))
    assert taken == [b"ours"]


def test_the_stack_keeps_its_jitter_buffer_where_we_replace_it() -> None:
    async def body() -> None:
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        receiver = peer.addTransceiver("audio").receiver
        assert isinstance(receiver._RTCRtpReceiver__jitter_buffer, JitterBuffer)  # type: ignore[attr-defined]
        await peer.close()

    asyncio.run(body())
