"""What callers that check every message see of the user agent."""

import itertools
import subprocess
import time
from collections.abc import Callable

import pytest
from tests.sip.agent_process import AgentProcess
from tests.sip.raw_caller import RawCaller

StartAgent = Callable[..., AgentProcess]
RunSipp = Callable[..., "subprocess.CompletedProcess[str]"]
MakeCaller = Callable[[int], RawCaller]


@pytest.mark.parametrize(
    "scenario",
    # "uac" is SIPp's own scenario: it aborts on the re-INVITE that the stack sends where video codecs are enabled.
    ["uac", "late_offer.xml", "video_offer.xml"],
)
def test_an_answered_call_goes_by_the_book(echo_agent: AgentProcess, sipp: RunSipp, scenario: str) -> None:
    result = sipp(scenario, echo_agent.port)
    assert result.returncode == 0, result.stdout + result.stderr
    echo_agent.expect("closed", reason="caller hung up", codec="PCMU", rate_hz=8000)


def test_a_call_without_a_common_codec_is_refused_with_488(echo_agent: AgentProcess, sipp: RunSipp) -> None:
    result = sipp("refused_488.xml", echo_agent.port)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_call_beyond_max_calls_is_refused_with_486_and_room_comes_back(
    start_agent: StartAgent, sipp: RunSipp, raw_caller: MakeCaller
) -> None:
    agent = start_agent(max_calls=1)
    first = raw_caller(agent.port)
    first.establish()
    result = sipp("refused_486.xml", agent.port)
    assert result.returncode == 0, result.stdout + result.stderr
    first.hang_up()
    agent.expect("closed")
    raw_caller(agent.port).establish()


def test_beyond_max_calls_a_caller_is_told_at_once_and_who_is_inside_notices_nothing(
    start_agent: StartAgent, raw_caller: MakeCaller
) -> None:
    agent = start_agent(max_calls=1)
    inside = raw_caller(agent.port)
    inside.establish()
    for refused in [raw_caller(agent.port) for _ in range(3)]:
        refused.send("INVITE", 1, "invite")
        answer = refused.receive()
        assert answer.startswith("SIP/2.0 486"), "no 180: it does not ring first"
        refused.await_status(486)  # the answer is sent again until it is acknowledged, and counts once
        refused.send("ACK", 1, "invite")
        assert agent.expect("refused")["peer"] == refused.address
    packets = inside.receive_rtp(1.0)
    assert [after.sequence - before.sequence for before, after in itertools.pairwise(packets)] == [1] * (
        len(packets) - 1
    )
    assert len(packets) > 40
    inside.hang_up()
    agent.expect("closed", reason="caller hung up")
    assert [line["event"] for line in agent.rest() if line["event"] == "refused"] == []


def test_every_message_of_a_call_is_told_with_its_time_from_the_invite_on(
    start_agent: StartAgent, raw_caller: MakeCaller
) -> None:
    agent, begun_at = start_agent(), time.time()
    caller = raw_caller(agent.port)
    caller.establish()
    caller.hang_up()
    told = [agent.expect("sip") for _ in range(6)]
    lines = [(one["sent"], one["text"].splitlines()[0]) for one in told]
    uri = f"sip:agent@127.0.0.1:{agent.port} SIP/2.0"
    assert lines == [
        (False, f"INVITE {uri}"),
        (True, "SIP/2.0 180 Ringing"),
        (True, "SIP/2.0 200 Answering"),
        (False, f"ACK {uri}"),
        (False, f"BYE {uri}"),
        (True, "SIP/2.0 200 OK"),
    ]
    assert "m=audio" in told[0]["text"] and "m=audio" in told[2]["text"]
    times = [one["at"] for one in told]
    assert times == sorted(times) and begun_at <= times[0] and times[-1] <= time.time()


def test_a_caller_who_gives_up_while_it_rings_is_gone(start_agent: StartAgent, sipp: RunSipp) -> None:
    agent = start_agent("ring")
    result = sipp("cancelled.xml", agent.port)
    assert result.returncode == 0, result.stdout + result.stderr
    agent.expect("closed", reason="caller hung up")


def test_an_invite_that_comes_again_gets_the_same_answer_and_opens_no_second_call(
    echo_agent: AgentProcess, raw_caller: MakeCaller
) -> None:
    caller = raw_caller(echo_agent.port)
    caller.send("INVITE", 1, "invite")
    first = caller.await_status(200)
    caller.send("INVITE", 1, "invite")
    assert caller.await_status(200) == first
    caller.send("ACK", 1, "ack")
    caller.hang_up()
    echo_agent.expect("incoming")
    echo_agent.expect("closed")
    with pytest.raises(AssertionError):
        echo_agent.expect("incoming", timeout_s=0.5)


def test_rtp_flows_without_a_gap_before_anything_is_written(start_agent: StartAgent, raw_caller: MakeCaller) -> None:
    caller = raw_caller(start_agent("silent").port)
    caller.establish()
    packets = caller.receive_rtp(2.0)
    # 100 frames of 20 ms; the first may be late, a busy machine may hold back the last.
    assert len(packets) > 80
    for before, after in itertools.pairwise(packets):
        assert (after.sequence - before.sequence) & 0xFFFF == 1
        assert (after.timestamp - before.timestamp) & 0xFFFFFFFF == 160
    # 0xFF and 0x7F are the two zeros of µ-law (ITU-T G.711).
    assert set(b"".join(packet.payload for packet in packets)) <= {0xFF, 0x7F}


def test_a_message_is_refused_as_not_implemented_and_disturbs_no_call(
    start_agent: StartAgent, raw_caller: MakeCaller
) -> None:
    """ADR 0031: the stack takes none, of a call or of a stranger, and says so."""
    agent = start_agent()
    inside, stranger = raw_caller(agent.port), raw_caller(agent.port)
    inside.establish()
    for sequence in range(1, 20):
        stranger.send("MESSAGE", sequence, f"message{sequence}")
        assert stranger.receive().startswith("SIP/2.0 501")
    inside.send("MESSAGE", 2, "message")
    inside.await_status(501)
    packets = inside.receive_rtp(1.0)
    assert len(packets) > 40
    assert [after.sequence - before.sequence for before, after in itertools.pairwise(packets)] == [1] * (
        len(packets) - 1
    )
    assert {line["event"] for line in agent.rest()} <= {"registration", "incoming", "ready_changed", "sip"}
    inside.hang_up()
    agent.expect("closed", reason="caller hung up")
