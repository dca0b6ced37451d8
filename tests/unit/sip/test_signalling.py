"""The messages of a call, out of what the stack traces."""

import asyncio
import logging
from collections.abc import Callable

import pytest

from steadyline.sip import signalling as module
from steadyline.sip.signalling import MAX_MESSAGES, MAX_UNASKED, MAX_UNASKED_CALLS, Signalling

Told = list[tuple[float, bool, str]]


def trace(signalling: Signalling, way: str, start_line: str, method: str = "INVITE", call_id: str = "abc@host") -> None:
    lines = [f"{way} UDP 192.0.2.1:5060 -> 192.0.2.2:5060", start_line, f"Call-ID: {call_id}", f"CSeq: 1 {method}", ""]
    signalling.handle(logging.makeLogRecord({"msg": "%s", "args": ("\r\n".join(lines),), "created": 7.5}))


def on_a_loop(scene: Callable[[Signalling, Told], None], after_s: float = 0.0) -> Told:
    """What was told in the scene, and until `after_s` after it."""
    told: Told = []

    async def main() -> None:
        scene(Signalling(), told)
        await asyncio.sleep(after_s)

    asyncio.run(main())
    return told


def listen(signalling: Signalling, told: Told, call_id: str = "abc@host") -> None:
    signalling.tell(call_id, lambda at, is_sent, text: told.append((at, is_sent, text)))


def test_all_messages_are_told_in_order_also_those_before_somebody_asked() -> None:
    def scene(signalling: Signalling, told: Told) -> None:
        trace(signalling, "RX", "INVITE sip:agent@host SIP/2.0")
        trace(signalling, "TX", "SIP/2.0 180 Ringing")
        listen(signalling, told)
        trace(signalling, "TX", "SIP/2.0 200 OK")
        trace(signalling, "RX", "BYE sip:agent@host SIP/2.0", "BYE")

    told = on_a_loop(scene)
    assert [(is_sent, text.splitlines()[0].split()[0]) for _, is_sent, text in told] == [
        (False, "INVITE"),
        (True, "SIP/2.0"),
        (True, "SIP/2.0"),
        (False, "BYE"),
    ]
    assert {at for at, _, _ in told} == {7.5}
    assert "->" not in told[0][2], "what the stack writes above it is no part of a message"


def test_messages_of_other_calls_and_of_none_are_not_told() -> None:
    def scene(signalling: Signalling, told: Told) -> None:
        listen(signalling, told)
        trace(signalling, "TX", "REGISTER sip:pbx SIP/2.0", "REGISTER", "other@host")
        trace(signalling, "RX", "INVITE sip:agent@host SIP/2.0", call_id="another@host")

    assert on_a_loop(scene) == []


def test_a_peer_that_never_ends_and_callers_who_were_turned_away_fill_no_memory() -> None:
    def scene(signalling: Signalling, told: Told) -> None:
        listen(signalling, told)
        for number in range(2 * MAX_MESSAGES):
            trace(signalling, "RX", "INFO sip:agent@host SIP/2.0", "INFO")
            trace(signalling, "RX", "INVITE sip:agent@host SIP/2.0", call_id=f"{number}@host")
            trace(signalling, "RX", "INVITE sip:agent@host SIP/2.0", call_id="same@host")
        assert f"1 calls, {MAX_UNASKED_CALLS} that nobody" in repr(signalling)

    assert len(on_a_loop(scene)) == MAX_MESSAGES

    def asked_late(signalling: Signalling, told: Told) -> None:
        for _ in range(2 * MAX_UNASKED):
            trace(signalling, "RX", "INVITE sip:agent@host SIP/2.0")
        listen(signalling, told)

    assert len(on_a_loop(asked_late)) == MAX_UNASKED


def test_the_answer_to_a_bye_is_told_and_then_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGER_S", 0.01)

    def scene(signalling: Signalling, told: Told) -> None:
        listen(signalling, told)
        signalling.forget("abc@host")
        trace(signalling, "TX", "SIP/2.0 200 OK", "BYE")
        asyncio.get_running_loop().call_later(0.05, trace, signalling, "RX", "BYE sip:agent@host SIP/2.0", "BYE")

    assert len(on_a_loop(scene, 0.1)) == 1
