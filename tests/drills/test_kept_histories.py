"""Histories that failed once, each cut down to the shortest that did: every one is a bug that was mended."""

from pathlib import Path

import pytest

from steadyline.drills.simulate.history import from_json
from steadyline.drills.simulate.simulation import simulate

KEPT = sorted((Path(__file__).parent / "histories").glob("*.json"))


@pytest.mark.parametrize("file", KEPT, ids=[file.stem for file in KEPT])
def test_what_was_mended_stays_mended(file: Path) -> None:
    assert simulate(from_json(file.read_text())).problems == ()
