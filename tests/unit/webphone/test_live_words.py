"""What the page is told of the words, from a journal that is being written."""

import asyncio
from pathlib import Path
from typing import Any

from steadyline.calls.journal import Journal
from steadyline.webphone.live_words import LOOK_S, LiveWords


def test_words_come_as_they_are_journaled_and_each_change_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"

    async def body() -> list[dict[str, Any]]:
        news: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        words = asyncio.ensure_future(LiveWords(path, "sip-1", news.put_nowait).run())
        await asyncio.sleep(LOOK_S)
        assert news.empty(), "there is no journal yet"
        with Journal(path) as journal:
            journal.call_started("other", 2, "sip-2", "sip:joe@127.0.0.1", "opus", 1.0)
            journal.clause_written("other", 0, 0, "Not for you.", 1.0)
            journal.call_started("u1", 66, "sip-1", "sip:browser@127.0.0.1", "opus", 2.0)
            told = [await news.get()]
            journal.turn_heard("u1", 1, 0, 16_000, "<b>What?</b>", "en", 3.0)
            told.append(await news.get())
            journal.clause_written("u1", 1, 0, "That. ", 4.0)
            told.append(await news.get())
            journal.clause_heard("u1", 1, 0, 500, 1000)
            told.append(await news.get())
            await asyncio.sleep(2 * LOOK_S)
        words.cancel()
        assert news.empty()
        return told

    call, *turns = asyncio.run(asyncio.wait_for(body(), 60))
    assert call == {"call_id": 66}
    clauses: list[list[dict[str, Any]]] = [[], [{"text": "That.", "heard": 0.0}], [{"text": "That.", "heard": 0.5}]]
    assert turns == [{"turn": {"number": 1, "caller": "<b>What?</b>", "clauses": one}} for one in clauses]
