"""Typing into the telephone in the browser, with a whole system behind it; what is typed survives whoever is killed."""

import signal
from pathlib import Path

import pytest
from tests.webphone.test_calls import GREETING, QUESTION, hears, run, telephone

from steadyline.drills.real_system import strike
from steadyline.drills.tone_engines import drill_answer


def test_a_typed_line_is_answered_and_shown(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a secret that all of them share")
    secret.chmod(0o600)

    async def body() -> None:
        async with telephone(tmp_path, f"network.secret_file={secret}", "gateway.typed_max_chars=40") as phone:
            browser = await phone.talk()
            await hears(phone, browser, GREETING)
            await phone.until(lambda: {"max_chars": 40} in browser.messages, "the page learns how long a line may be")
            browser.type(f"  {QUESTION}\n")
            await phone.until(lambda: browser.replies.get(1) == (True, QUESTION), "it is taken")
            await hears(phone, browser, GREETING, drill_answer(QUESTION))
            await phone.until(lambda: browser.turns.get(1, {}).get("caller") == QUESTION, "it is shown as a turn")
            for line, (text, why) in enumerate((("x" * 41, "allowed are 40"), ("\u200b", "empty")), 2):
                browser.type(text, line)
                await phone.until(lambda line=line: line in browser.replies, "an answer")  # type: ignore[misc]
                assert not browser.replies[line][0] and why in browser.replies[line][1]
            for hostile in ({"typed": 5, "line": 9}, {"typed": "x"}, {"typed": "x" * 10_000, "line": 9}, [1], "x"):
                browser.send(hostile)
            browser.type(QUESTION, 4)
            await phone.until(lambda: 4 in browser.replies, "it lives")
            assert 9 not in browser.replies
            await phone.until(lambda: 2 in browser.turns, "the next turn")

    run(body)


@pytest.mark.parametrize("service", ["inbound", "whisper", "llama"])
def test_whoever_is_killed_as_it_is_typed_the_answer_comes_once(tmp_path: Path, service: str) -> None:
    async def body() -> None:
        async with telephone(tmp_path) as phone:
            browser = await phone.talk()
            await hears(phone, browser, GREETING)
            pid = (await phone.system.pids())[service]
            browser.type(QUESTION)
            await phone.until(lambda: 1 in browser.replies, "it is taken")
            strike(pid, signal.SIGKILL)
            await hears(phone, browser, GREETING, drill_answer(QUESTION))
            assert [turn.caller_text for turn in phone.last_call().turns] == [None, QUESTION]

    run(body)
