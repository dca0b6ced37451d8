"""When a dialer dials and what it logs: the founding document's schedule and words, to the moment, in virtual time."""

import asyncio
import itertools

import pytest
from tests.link.ends import CALL_ID, DialingEnd, ListeningEnd
from tests.link.timed import RecordingNetwork, TimedLog
from tests.link.worlds import HOST, MemoryWorld, make_runtime, now, until

from steadyline.connections import CONNECTIONS, LLAMA_TTS, TTS_OUTBOUND, WHISPER_INBOUND, WHISPER_LLAMA, Connection
from steadyline.link.dialer import NUDGED_AFTER_S
from steadyline.link.memory import MemoryNetwork
from steadyline.link.network import TcpNetwork
from steadyline.retry import RetryPolicy

TEN_ATTEMPTS_S = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 3.0, 4.0, 5.0]
PORTS = {WHISPER_INBOUND: 9067, WHISPER_LLAMA: 8083, LLAMA_TTS: 8090, TTS_OUTBOUND: 9068}


def dial_nobody(connection: Connection, for_s: float, retry: RetryPolicy) -> tuple[list[float], TimedLog]:
    """Dial a port where nobody listens; the times of the attempts, and the log."""
    network = RecordingNetwork(MemoryNetwork())
    log = TimedLog()

    async def scenario() -> None:
        runtime = make_runtime(network, connection.dialer, retry=retry)
        end = DialingEnd(runtime, PORTS[connection], connection)
        end.dialer.start()
        await asyncio.sleep(for_s)
        assert end.dialer.status.attempts == len(network.dialed_at)
        assert end.dialer.status.last_error == "Connection refused"
        end.dialer.close("done")
        assert end.losses == [] and end.endings == []

    with log:
        MemoryWorld().run(scenario())
    return network.dialed_at, log


@pytest.mark.parametrize("connection", PORTS, ids=lambda connection: connection.name)
def test_ten_attempts_leave_at_their_times_and_the_failure_is_logged_right_after_the_tenth(
    connection: Connection,
) -> None:
    dialed_at, log = dial_nobody(connection, 5.0001, RetryPolicy())
    assert dialed_at == pytest.approx(TEN_ATTEMPTS_S, abs=1e-6)
    whom = {WHISPER_LLAMA: "LLaMA ", LLAMA_TTS: "TTS "}.get(connection, "")
    failed = {WHISPER_LLAMA: "LLaMA", LLAMA_TTS: "TTS"}.get(connection, "audio processor")
    word = "connection" if whom else "Connection"
    assert [(round(at, 6), level, text) for at, level, text in log.lines] == [
        (0.0, "WARNING", f"⚠️ {whom}{word} attempt 1/10 failed for call 66 - retrying in 200ms"),
        (0.8, "WARNING", f"⚠️ {whom}{word} attempt 5/10 failed for call 66 - retrying in 200ms"),
        (4.0, "WARNING", f"⚠️ {whom}{word} attempt 9/10 failed for call 66 - retrying in 1000ms"),
        (5.0, "ERROR", f"❌ Failed to connect to {failed} for call 66 after 10 attempts"),
    ]


def test_after_the_tenth_it_goes_on_with_capped_back_off_and_without_a_word() -> None:
    dialed_at, log = dial_nobody(WHISPER_LLAMA, 60.0, RetryPolicy(backoff_max_s=5.0))
    delays = [later - earlier for earlier, later in itertools.pairwise(dialed_at[9:])]
    # random() is 0.5 here: three quarters of 1.5, 2.25, 3.375, 5, 5, … s
    assert delays[:3] == pytest.approx([1.125, 1.6875, 2.53125])
    assert delays[3:] == pytest.approx([3.75] * len(delays[3:])) and len(delays) > 10
    assert len(log.lines) == 4


@pytest.mark.parametrize(
    ("retry", "times_s", "logged"),
    [
        (RetryPolicy(3, 1, 0.1, 0.5), [0, 0.1, 0.6], ["1/3", "2/3"]),
        (RetryPolicy(1, 0, 0.1, 0.5), [0], []),
        (RetryPolicy(2, 5, 0.3, 1.0), [0, 0.3], ["1/2"]),
        (RetryPolicy(12, 5, 0.2, 1.0), [*TEN_ATTEMPTS_S, 6, 7], ["1/12", "5/12", "11/12"]),
    ],
)
def test_the_policy_is_configurable(retry: RetryPolicy, times_s: list[float], logged: list[str]) -> None:
    dialed_at, log = dial_nobody(WHISPER_LLAMA, times_s[-1] + 0.05, retry)
    assert dialed_at == pytest.approx(times_s, abs=1e-6)
    assert [text.split()[4] for _, level, text in log.lines if level == "WARNING"] == logged
    assert log.lines[-1][2] == f"❌ Failed to connect to LLaMA for call 66 after {retry.attempts} attempts"
    assert log.lines[-1][0] == pytest.approx(times_s[-1], abs=1e-6)


def test_success_is_logged_with_the_attempt_that_made_it() -> None:
    expected = {
        WHISPER_LLAMA: "🔗 Pre-connected to LLaMA service for call 66",
        LLAMA_TTS: "🔗 Pre-connected to TTS service for call 66",
        TTS_OUTBOUND: "🔗 Connected to outbound audio processor on port 9068 for call 66 (attempt 3)",
        WHISPER_INBOUND: "🔗 Connected to inbound audio processor on port 9067 for call 66 (attempt 3)",
    }

    async def scenario() -> None:
        network = MemoryNetwork()
        for connection, port in PORTS.items():
            end = DialingEnd(make_runtime(network, connection.dialer), port, connection)
            end.dialer.start()
            await asyncio.sleep(0.3)
            peer = ListeningEnd(make_runtime(network, connection.listener), connection)
            await peer.listen(port)
            await until(lambda: end.welcomes)  # noqa: B023
            assert end.dialer.status.attempts == 3
            assert end.dialer.status.established_ms == pytest.approx(400.0, abs=0.01)
            end.dialer.close("done")

    for connection in PORTS:
        assert connection in CONNECTIONS
    with TimedLog() as log:
        MemoryWorld().run(scenario())
    assert [text for _, level, text in log.lines if level == "INFO"] == [expected[connection] for connection in PORTS]


def test_a_sign_of_life_triggers_an_attempt_at_once() -> None:
    network = RecordingNetwork(MemoryNetwork())

    async def scenario() -> None:
        end = DialingEnd(make_runtime(network, "whisper"), 8083)
        end.dialer.start()
        await asyncio.sleep(1.3)
        end.dialer.nudge()
        await asyncio.sleep(0.1)
        assert network.dialed_at[-1] == pytest.approx(1.3, abs=1e-6)
        await asyncio.sleep(30)
        llama = ListeningEnd(make_runtime(network, "llama"))
        await llama.listen(8083)
        before = now()
        end.dialer.nudge()
        await until(lambda: end.welcomes)
        assert end.opened_at[0] == pytest.approx(before, abs=1e-6)
        end.dialer.close("done")

    MemoryWorld().run(scenario())


def test_a_flood_of_signs_of_life_makes_no_flood_of_attempts() -> None:
    network = RecordingNetwork(MemoryNetwork())

    async def scenario() -> None:
        end = DialingEnd(make_runtime(network, "whisper"), 8083)
        end.dialer.start()
        for _ in range(2000):
            end.dialer.nudge()
            await asyncio.sleep(0.001)
        end.dialer.close("done")

    MemoryWorld().run(scenario())
    steps = [later - earlier for earlier, later in itertools.pairwise(network.dialed_at)]
    assert steps == pytest.approx([NUDGED_AFTER_S] * len(steps), abs=0.002) and len(steps) > 35


def test_signs_of_life_while_open_change_nothing() -> None:
    network = RecordingNetwork(MemoryNetwork())

    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(network, "llama"))
        await llama.listen(8083)
        end = DialingEnd(make_runtime(network, "whisper"), 8083)
        end.dialer.start()
        await until(lambda: end.welcomes)
        for _ in range(5):
            end.dialer.nudge()
            await asyncio.sleep(0.1)
        assert len(network.dialed_at) == 1 and len(llama.links) == 1
        llama.acceptor.close()
        await asyncio.sleep(1.05)
        end.dialer.close("done")

    MemoryWorld().run(scenario())
    # Lost at about 0.5 s, younger than a second: first the short pause, then the schedule from its start.
    assert network.dialed_at[1:] == pytest.approx([0.705, 0.905, 1.105, 1.305, 1.505], abs=0.01)


def test_a_link_that_was_stable_is_dialed_again_at_once_and_from_the_start_of_the_schedule() -> None:
    network = RecordingNetwork(MemoryNetwork())

    async def scenario() -> None:
        llama = ListeningEnd(make_runtime(network, "llama"))
        await llama.listen(8083)
        end = DialingEnd(make_runtime(network, "whisper"), 8083)
        end.dialer.start()
        await asyncio.sleep(10.0)
        llama.acceptor.close()
        await asyncio.sleep(5.0001)
        end.dialer.close("done")

    with TimedLog() as log:
        MemoryWorld().run(scenario())
    assert network.dialed_at[1:] == pytest.approx([10.0 + at for at in TEN_ATTEMPTS_S], abs=1e-6)
    assert log.lines[-1][2] == "❌ Failed to connect to LLaMA for call 66 after 10 attempts"
    assert log.lines[1][2].startswith("whisper → llama lost for call 66: ")


def test_a_closed_dialer_dials_no_more() -> None:
    network = RecordingNetwork(MemoryNetwork())

    async def scenario() -> None:
        end = DialingEnd(make_runtime(network, "whisper"), 8083)
        end.dialer.start()
        await asyncio.sleep(0.5)
        end.dialer.close("the caller hung up")
        await asyncio.sleep(60)
        assert end.endings == [] and end.losses == []

    MemoryWorld().run(scenario())
    assert len(network.dialed_at) == 3


def test_ten_attempts_on_real_sockets() -> None:
    """The same with the kernel's clock: never early, and late by no more than a busy machine explains."""
    network = RecordingNetwork(TcpNetwork())

    async def scenario() -> None:
        probe = await network.listen((HOST, 0), lambda: pytest.fail("nobody dials the probe"))
        probe.close()
        end = DialingEnd(make_runtime(network, "whisper"), probe.port)
        end.dialer.start()
        await until(lambda: log.lines and log.lines[-1][1] == "ERROR", within_s=30)
        end.dialer.close("done")

    with TimedLog() as log:
        asyncio.run(scenario())
    start = network.dialed_at[0]
    assert len(network.dialed_at) == 10
    for at, due in zip(network.dialed_at, TEN_ATTEMPTS_S, strict=True):
        assert due - 0.01 <= at - start <= due + 3.0
    assert [text.split()[4] for _, level, text in log.lines if level == "WARNING"] == ["1/10", "5/10", "9/10"]
    assert f"for call {CALL_ID} " in log.lines[-1][2]
