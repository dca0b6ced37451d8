"""`drill loss`: however many REGISTERs are lost every call connects, in the times that the cadence predicts.

What is predicted: REGISTER leaves at 0, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 3.0, … s; of k that left all are lost with
probability p^k; a call waits for two registrations, so it is connected by the k-th with probability (1 - p^k)². Nine of
ten lost: half of all calls after 7 s, 99 % after 46 s. The measured shares must lie within 4.5 standard deviations of
that many calls at each of the compared times; the seeds are fixed, so the test is exact.
"""

import asyncio
import random

import pytest

from steadyline.commands.drill_loss import OWN_S
from steadyline.drills.loss.measurement import LOST, ROUGH, Conditions, Measured
from steadyline.drills.loss.prediction import connected_by, quantile, share_by
from steadyline.drills.loss.proxy import UdpProxy
from steadyline.drills.loss.report import as_dict, deviation, page, table
from steadyline.drills.loss.virtual import measure_batch
from steadyline.drills.weather import Weather
from steadyline.wire.registration import RegisterCadence

CADENCE = RegisterCadence()
BATCHES = 6
GONE_AFTER_S = 10.0
"""Expiry after 5 s, looked at every second; a late REGISTER may come a second after the BYE and make one more session."""


def measured(conditions: Conditions, batches: int = BATCHES) -> Measured:
    whole = Measured(conditions)
    for batch in range(batches):
        whole.add(measure_batch(conditions, f"test {batch}"))
    return whole


@pytest.mark.parametrize("lost", LOST)
def test_calls_connect_when_the_cadence_predicts_and_leave_nothing(lost: float) -> None:
    result = measured(Conditions(lost))
    assert result.is_well and len(result.ready_s) == len(result.registered_s) == 40 * BATCHES
    assert deviation(result, CADENCE, OWN_S) < 4.5
    assert max(result.gone_s) < GONE_AFTER_S


def test_another_cadence_or_another_rate_of_loss_would_be_seen() -> None:
    result = measured(Conditions(0.5), batches=12)
    slower = RegisterCadence(fast_interval_s=0.4)
    assert deviation(result, slower, OWN_S) > 6
    assert deviation(Measured(Conditions(0.6), result.registered_s, result.ready_s), CADENCE, OWN_S) > 6


def test_lost_doubled_and_late_at_once_every_call_connects_and_leaves_nothing() -> None:
    result = measured(ROUGH, batches=2)
    assert result.is_well
    assert max(result.gone_s) < GONE_AFTER_S


@pytest.mark.parametrize(
    ("lost", "registrations", "at_s", "share"),
    [
        (0.0, 2, 0.0, 1.0),
        (0.5, 1, 0.0, 0.5),
        (0.5, 1, 0.2, 0.75),
        (0.5, 2, 0.2, 0.75**2),
        (0.9, 1, 1.0, 1 - 0.9**6),
        (0.9, 1, 1.999, 1 - 0.9**6),
        (0.9, 1, 2.0, 1 - 0.9**7),
        (0.9, 1, 30.0, 1 - 0.9**35),
    ],
)
def test_what_is_predicted(lost: float, registrations: int, at_s: float, share: float) -> None:
    assert share_by(connected_by(CADENCE, lost, registrations), at_s) == pytest.approx(share)


def test_when_so_much_of_all_calls_is_connected() -> None:
    assert quantile(connected_by(CADENCE, 0.9), 0.5) == pytest.approx(2.0)
    assert quantile(connected_by(CADENCE, 0.9, 2), 0.5) == pytest.approx(7.0)


@pytest.mark.parametrize("lost", [-0.1, 1.0, 1.5])
def test_a_share_that_is_none_is_refused(lost: float) -> None:
    with pytest.raises(ValueError, match="expected 0 to 1"):
        connected_by(CADENCE, lost)


def test_the_weather_keeps_to_its_shares() -> None:
    weather = Weather(random.Random(1), lost=0.3, doubled=0.2, late=0.4)
    fates = [weather.fate() for _ in range(20_000)]
    arrived = [fate for fate in fates if fate]
    copies = [late_s for fate in arrived for late_s in fate]
    assert 1 - len(arrived) / len(fates) == pytest.approx(0.3, abs=0.02)
    assert sum(len(fate) == 2 for fate in arrived) / len(arrived) == pytest.approx(0.2, abs=0.02)
    assert sum(late_s > 0 for late_s in copies) / len(copies) == pytest.approx(0.4, abs=0.02)
    assert max(copies) <= 1.0
    weather.clear()
    assert weather.fate() == [0.0]


class Sink(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.received: list[bytes] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.received.append(data)


def test_the_proxy_does_to_real_datagrams_what_the_weather_says() -> None:
    class Script(Weather):
        fates = iter([[], [0.0, 0.0], [0.2], [0.0]])

        def fate(self) -> list[float]:
            return next(self.fates)

    async def scenario() -> list[bytes]:
        loop = asyncio.get_running_loop()
        target, sink = await loop.create_datagram_endpoint(Sink, local_addr=("127.0.0.1", 0))
        proxy = await UdpProxy.open(target.get_extra_info("sockname"), Script(random.Random(1)))
        sender, _ = await loop.create_datagram_endpoint(Sink, remote_addr=("127.0.0.1", proxy.port))
        for data in (b"lost", b"doubled", b"late", b"on time"):
            sender.sendto(data)
        while len(sink.received) < 4:  # noqa: ASYNC110 - a test's sink has no event
            await asyncio.sleep(0.01)
        assert (proxy.arrived, proxy.passed_on) == (4, 4)
        for transport in (sender, target):
            transport.close()
        proxy.close()
        return sink.received

    assert asyncio.run(asyncio.wait_for(scenario(), 30)) == [b"doubled", b"doubled", b"on time", b"late"]


def test_the_report_shows_both_and_says_what_was_left() -> None:
    result = Measured(Conditions(0.5), [0.01, 0.21], [0.01, 0.21, 2.01], 1, [3.0], ["sessions: ['tts']"])
    text = table([result], CADENCE, OWN_S)
    assert "50% lost: 3 of 4 calls connected, the last after 2.0 s" in text
    assert "LEFT: sessions: ['tts']" in text
    assert [line.split()[:3] for line in text.splitlines()[-4:]] == [
        ["register", "50.0%", "100.0%"],
        ["predicted", "50.0%", "75.0%"],
        ["call", "33.3%", "66.7%"],
        ["predicted", "25.0%", "56.2%"],
    ]
    content = as_dict([result], CADENCE, OWN_S)["conditions"][0]
    assert (content["calls"], content["unanswered"], content["predicted_by"]["0.2"]) == (3, 1, 0.5625)
    assert "<polyline" in page("steadyline drill loss", [result], CADENCE, OWN_S)
