"""What the drills tell people: verdicts, bounds, leaks, and pages that need nothing from elsewhere."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from steadyline.drills.kills.cells import MATRIX, matrix
from steadyline.drills.kills.outcome import Outcome
from steadyline.drills.kills.page import page as kills_page
from steadyline.drills.kills.report import Run, as_dict, table
from steadyline.drills.kills.word_errors import word_error_rate
from steadyline.drills.soak.call import SoakCall
from steadyline.drills.soak.drill import SoakResult
from steadyline.drills.soak.report import page as soak_page
from steadyline.drills.soak.report import table as soak_table
from steadyline.drills.soak.resources import Held, leaks

STRUCK = ({"service": "llama", "at_s": 3.0, "back_after_s": 0.5},)
PASSED = [Outcome(cell.name, MATRIX, cell.moment.value, True, True, "", 0.2, victims=STRUCK) for cell in matrix()]
FAILED = Outcome("llama/idle/kill", MATRIX, "idle", False, True, "answer 1: lost <five>", 0.1, log=("a <line>",))


def run_with(*changed: Outcome, took_s: float = 300.0, is_bounded: bool = True) -> Run:
    by_name = {one.name: one for one in (*PASSED, *changed)}
    return Run(tuple(by_name.values()), took_s, is_bounded)


def test_a_run_is_good_when_all_cells_passed_in_time() -> None:
    assert run_with().is_good
    assert "50 of 50 cells" in str(run_with()) and "kill: median 0.20 s, worst 0.20 s later" in str(run_with())


@pytest.mark.parametrize(
    ("name", "added_s", "complaint"),
    [
        ("llama/idle/kill", 3.1, "kill: worst 3.10 s, wanted 3 s at most"),
        ("llama/idle/stop", 4.6, "stop: worst 4.60 s, wanted 4.5 s at most"),
    ],
)
def test_a_delay_beyond_its_bound_is_not_good(name: str, added_s: float, complaint: str) -> None:
    late = [replace(one, added_s=added_s) for one in PASSED if one.name == name]
    assert run_with(*late).exceeded == [complaint] and not run_with(*late).is_good
    assert run_with(*late, is_bounded=False).is_good


def test_the_median_of_the_kills_is_bounded_too() -> None:
    late = [replace(one, added_s=1.5) for one in PASSED if one.name.endswith("kill")]
    assert run_with(*late).exceeded == ["kill: median 1.50 s, wanted 1 s at most"]


def test_a_cell_that_failed_in_any_run_has_failed() -> None:
    runs = [run_with(), run_with(FAILED)]
    assert not runs[1].is_good
    lines = table(runs).splitlines()
    assert next(line for line in lines if line.startswith("llama")).split()[1:3] == ["FAIL", "0.20"]
    assert "run 2  llama/idle/kill: answer 1: lost <five>" in lines
    assert "49 of 50" in lines[-1] and "50 of 50" in lines[-2]


def test_a_known_limit_is_told_from_a_failure() -> None:
    reason, limit = "answer 1: doubled charlie five", "the clause under way was said again"
    known = Outcome(
        "two/tts+outbound/playback", "two services at once", "playback", False, True, reason, 2.5, limit=limit
    )
    run = run_with(known)
    assert run.is_good and "0 of 1 faults apart" in str(run)
    assert not run_with(replace(known, limit="")).is_good
    lines = table([run]).splitlines()
    assert any(line.split() == ["two/tts+outbound/playback", "limit"] for line in lines)
    assert f"run 1  {known.name}: known limit: {limit} ({reason})" in lines
    assert (
        "class=bad"
        not in kills_page("steadyline drill kills", 4, [run]).partition("Double and triple")[2].partition("What")[0]
    )


class Tags(HTMLParser):
    """Names of the tags of a page, with what they fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.fetched += [value or "" for name, value in attributes if name in ("src", "href")]


def test_the_page_is_whole_escaped_and_fetches_nothing() -> None:
    text = kills_page("steadyline drill kills", 4, [run_with(FAILED)])
    tags = Tags()
    tags.feed(text)
    assert tags.names.count("rect") == 50 and tags.fetched == []
    assert "&lt;five&gt;" in text and "<five>" not in text and "a &lt;line&gt;" in text
    assert text.count(">FAIL<") == 1 and text.count(">0.20<") == 49


def test_the_result_names_every_cell() -> None:
    result = as_dict("steadyline drill kills", 2, {"calls": 4}, [run_with()])
    assert {one["name"] for one in result["runs"][0]["outcomes"]} == {cell.name for cell in matrix()}
    assert (result["name"], result["runs"][0]["passed"]) == ("drill-kills", 50)


@pytest.mark.parametrize(
    ("reference", "heard", "rate"),
    [
        ("The sky is blue.", "the sky is blue", 0.0),
        ("It's a sky, they're birds.", "It is a sky. They are birds", 0.0),
        ("The sky is blue.", "The sky is", 0.25),
        ("The sky is blue.", "The sky sky is blue", 0.25),
        ("The sky is blue.", "The sea was blue", 0.5),
        ("The sky is blue.", "", 1.0),
        ("", "", 0.0),
        ("", "hello", 1.0),
    ],
)
def test_word_error_rate(reference: str, heard: str, rate: float) -> None:
    assert word_error_rate(reference, heard) == rate


HELD = Held(1, 20, 4, 3, 2, 50 << 20)


@pytest.mark.parametrize(
    ("after", "complaints"),
    [
        (HELD, []),
        (replace(HELD, rss_bytes=57 << 20), []),
        (replace(HELD, rss_bytes=59 << 20), ["llama: memory 50.0 MB before, 59.0 MB after"]),
        (replace(HELD, descriptors=21), ["llama: descriptors 20 before, 21 after"]),
        (replace(HELD, threads=3), ["llama: threads 4 before, 3 after"]),
        (replace(HELD, tasks=4, ports=3), ["llama: tasks 3 before, 4 after", "llama: ports 2 before, 3 after"]),
    ],
)
def test_leaks_are_named(after: Held, complaints: list[str]) -> None:
    assert leaks({"llama": HELD}, {"llama": after}) == complaints


def soaked(**changes: object) -> SoakResult:
    rows = {"calls": 6, "turns": 6, "clauses": 6, "answers": 6, "open calls": 0}
    grown = {name: count + 2 * (name != "open calls") for name, count in rows.items()}
    result = SoakResult(
        [SoakCall(1, "alpha", ""), SoakCall(2, "bravo", "")],
        before={"llama": HELD},
        after={"llama": HELD},
        memory=[(1, {"llama": 50 << 20}), (2, {"llama": 50 << 20})],
        journal_before=rows,
        journal_after=grown,
        slots=[1, 0, 2],
        max_calls=3,
    )
    for name, value in changes.items():
        setattr(result, name, value)
    return result


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"slots": [-1, 0, 2]}, "llama: calls had the slots [-1, 0, 2], there are 3"),
        ({"slots": [0, 2]}, "llama: calls had the slots [0, 2], there are 3"),
        ({"calls": [SoakCall(1, "alpha", "lost one"), SoakCall(2, "bravo", "")]}, "call 1: lost one"),
        ({"after": {"llama": replace(HELD, processes=2)}}, "llama: processes 1 before, 2 after"),
    ],
)
def test_a_soak_tells_what_is_not_as_it_was(changes: dict[str, object], complaint: str) -> None:
    assert soaked().faults == []
    assert soaked(**changes).faults == [complaint]
    assert complaint in soak_table(soaked(**changes)) and complaint in soak_page(
        "steadyline drill soak", soaked(**changes)
    )


def test_a_soak_counts_the_rows_of_the_journal() -> None:
    result = soaked()
    result.journal_after = {**result.journal_after, "turns": 7, "open calls": 1}
    assert result.faults == [
        "journal: 1 turns came in 2 calls, wanted 2",
        "journal: 1 open calls came in 2 calls, wanted 0",
    ]
