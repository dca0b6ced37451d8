"""What a jitter buffer costs and saves: the caller's packets through the gateway's SIP stack, over networks that we make."""

import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import Figure, Measured, percentile
from benchmarks.json_child import JsonChild
from benchmarks.measurement import Measurement, Request
from benchmarks.numbered_frames import OTHER, numbered_payload
from benchmarks.wire_caller import PACKET_S, Departure, WireCaller

BUFFERS_MS = (0, 20, 40, 80)
PACKETS = 500
"""Ten seconds of one call."""
LEAD_S = 0.3
SETTLE_S = 0.5
DEADLINE_S = 30.0
LOSS = 0.05

Delay = Callable[[random.Random], float | None]
"""How much later than even a packet is sent, seconds; None: it is lost."""


@dataclass(frozen=True)
class Network:
    """How the caller's packets come.

    Attributes:
        name: for the table.
        delay: of each packet, drawn for each alone.
        in_order: a packet waits for the one before it, as in a queue.
    """

    name: str
    delay: Delay
    in_order: bool = True


NETWORKS = (
    Network("even", lambda vary: 0.0),
    Network("jitter of 20 ms, in order", lambda vary: vary.expovariate(1 / 0.02)),
    Network("jitter of 10 ms, out of order", lambda vary: vary.expovariate(1 / 0.01), in_order=False),
    Network("5 % lost", lambda vary: None if vary.random() < LOSS else 0.0),
)


@dataclass(frozen=True)
class Passage:
    """What became of the packets of one call.

    Attributes:
        delays_ms: from the sending of each packet to its sound being readable.
        sent: how many packets were sent.
        discarded: of them, how many the stack threw away.
        overtaken: of them, how many were heard after a later one.
        lost: how many packets the network lost.
        filled: frames of other sound, in the place of those.
    """

    delays_ms: list[float]
    sent: int
    discarded: int
    overtaken: int
    lost: int
    filled: int


def departures(network: Network, start_s: float, vary: random.Random) -> list[Departure]:
    """The numbered packets of a call, those that are lost left out."""
    packets, earliest_s = [], 0.0
    for number in range(PACKETS):
        delay_s = network.delay(vary)
        if delay_s is not None:
            at_s = start_s + number * PACKET_S + delay_s
            earliest_s = max(at_s, earliest_s) if network.in_order else at_s
            packets.append(Departure(earliest_s, number, numbered_payload(number)))
    return packets


def passage(sent: dict[int, float], frames: list[list[float]]) -> Passage:
    """Compare what was sent, and when, with what could be read, and when."""
    numbers = [int(number) for _, number in frames]
    own = [place for place, number in enumerate(numbers) if number in sent]
    inside = numbers[own[0] : own[-1] + 1] if own else []
    delays_ms = [round((frames[place][0] - sent[numbers[place]]) * 1000, 2) for place in own]
    highest, overtaken = -1, 0
    for number in inside:
        overtaken += number in sent and number < highest
        highest = max(highest, number)
    filled = Counter(inside)[OTHER]
    return Passage(delays_ms, len(sent), len(sent.keys() - set(numbers)), overtaken, PACKETS - len(sent), filled)


def measure(request: Request) -> Measured:
    """Each run is a call of 10 s over each network with each buffer; the networks' randomness is the same for all buffers."""
    passages: dict[tuple[int, str], list[Passage]] = {}
    for buffer_ms in BUFFERS_MS:
        with JsonChild(sys.executable, "benchmarks.line_reader", str(buffer_ms)) as reader:
            port = int(reader.line(DEADLINE_S)["port"])
            for network in NETWORKS:
                for run in range(request.runs):
                    passed = _one_call(port, network, run, reader)
                    passages.setdefault((buffer_ms, network.name), []).append(passed)
                    request.progress(f"{buffer_ms} ms, {network.name}: {_told(passed)}")
    raw: dict[str, Any] = {
        f"{buffer_ms} ms, {network}": [vars(passed) for passed in group]
        for (buffer_ms, network), group in passages.items()
    }
    figures = [
        figure for (buffer_ms, network), group in passages.items() for figure in _figures(buffer_ms, network, group)
    ]
    return Measured({"packets_a_call": PACKETS, "passages": raw}, tuple(figures))


def _one_call(port: int, network: Network, run: int, reader: JsonChild) -> Passage:
    with WireCaller(port) as caller:
        start_s = time.time() + LEAD_S
        packets = departures(network, start_s, random.Random(f"{network.name} {run}"))
        sent, _ = caller.exchange(packets, packets[-1].at_s + SETTLE_S)
    return passage(sent, reader.line(DEADLINE_S)["frames"])


def _told(passed: Passage) -> str:
    return (
        f"{percentile(passed.delays_ms, 50):.1f} ms, of {passed.sent} packets {passed.discarded} discarded, "
        f"{passed.overtaken} out of order; {passed.filled} of {passed.lost} lost ones filled"
    )


def _figures(buffer_ms: int, network: str, group: list[Passage]) -> list[Figure]:
    title = f"{'no buffer' if not buffer_ms else f'{buffer_ms} ms'}, {network}"
    delays_ms = [delay for passed in group for delay in passed.delays_ms]
    sent = sum(passed.sent for passed in group)
    figures = [
        Figure(f"{title}: sent to readable", round(percentile(delays_ms, percent), 3), "ms", name, len(delays_ms))
        for percent, name in ((50, "median"), (95, "p95"))
    ]
    for what, count in (
        ("discarded", sum(passed.discarded for passed in group)),
        ("out of order", sum(passed.overtaken for passed in group)),
    ):
        figures.append(Figure(f"{title}: {what}", round(100 * count / sent, 3), "% of packets", "share", sent))
    lost = sum(passed.lost for passed in group)
    if lost:
        filled = 100 * sum(passed.filled for passed in group) / lost
        figures.append(Figure(f"{title}: concealed", round(filled, 3), "% of lost packets", "share", lost))
    return figures


MEASUREMENT = Measurement(
    "jitter-buffer", "Jitter buffer", "a call of 10 s over each network with each buffer", 3, measure
)
