"""What the kill drill does: the matrix is whole, services have time to rest, and cells are chosen by name."""

from itertools import product

import pytest

from steadyline.drills.kills.cells import (
    SERVICES,
    SIGNALS,
    STANDBY,
    Moment,
    faults_apart,
    matrix,
    select,
    without_standby,
)
from steadyline.errors import ConfigError


def test_the_matrix_is_every_service_at_every_moment_with_every_signal() -> None:
    cells = matrix()
    done = {(cell.strikes[0].services, cell.moment, cell.strikes[0].signal) for cell in cells}
    assert done == {((service,), moment, name) for service, moment, name in product(SERVICES, Moment, SIGNALS)}
    assert len(cells) == len({cell.name for cell in cells}) == 50
    assert all(len(cell.strikes) == 1 and cell.strikes[0].after_s == 0 for cell in cells)


def test_a_service_rests_while_the_others_are_struck() -> None:
    order = [cell.strikes[0].services[0] for cell in matrix()]
    assert all(len(set(order[place : place + 5])) == 5 for place in range(len(order) - 4))


def test_the_faults_apart_are_twice_two_all_and_one_in_recovery() -> None:
    cells = {cell.name: cell for cell in faults_apart()}
    assert cells["twice/whisper/playback"].strikes[1].after_s is None
    assert cells["two/llama+tts/transcribing"].services == {"llama", "tts"}
    assert cells["all/idle"].services == {*SERVICES, STANDBY}
    first, second = cells["recovery/tts+outbound/playback"].strikes
    assert (first.services, second.services) == (("tts",), ("outbound",))
    assert second.after_s is not None and 0 < second.after_s < 1
    assert not {cell.name for cell in matrix()} & cells.keys()


@pytest.mark.parametrize(
    ("patterns", "services", "moments", "signals", "count"),
    [
        ([], [], [], [], 50),
        (["matrix"], ["llama"], [], ["kill"], 5),
        ([], ["tts", "outbound"], ["playback"], [], 4),
        (["llama/*/stop"], [], [], [], 5),
        (["llama/idle/kill", "llama/*"], [], [], [], 10),
        (["twice/*"], [], ["playback"], [], 5),
        (["all"], ["standby"], [], [], 7),
    ],
)
def test_cells_are_selected(
    patterns: list[str], services: list[str], moments: list[str], signals: list[str], count: int
) -> None:
    cells = select(patterns, services, moments, signals)
    assert len(cells) == len({cell.name for cell in cells}) == count


@pytest.mark.parametrize(
    ("patterns", "moments", "complaint"),
    [
        (["llama/breakfast/kill"], [], "no cell is called 'llama/breakfast/kill'"),
        (["llama/idle/*"], ["playback"], "no cell"),
    ],
)
def test_a_selection_without_cells_is_refused(patterns: list[str], moments: list[str], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        select(patterns, (), moments, ())


def test_without_a_standby_nobody_strikes_it() -> None:
    cells = without_standby(select(["all"]))
    assert all(STANDBY not in cell.services for cell in cells)
    assert {cell.name for cell in cells if cell.name.startswith("all/")} == {f"all/{moment}" for moment in Moment}
