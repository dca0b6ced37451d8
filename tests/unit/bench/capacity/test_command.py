"""What `steadyline bench capacity` takes and refuses on its command line."""

import pytest

from steadyline.cli import build_parser, main
from steadyline.commands.bench_capacity import STEPS
from steadyline.config_file import load_config


def test_steps_and_times_are_read() -> None:
    arguments = ["bench", "capacity", "--calls", "1,2,8", "--step-s", "10", "--p95", "1.5", "--engines", "instant"]
    given = build_parser().parse_args(arguments)
    assert (given.calls, given.step_s, given.p95, given.engines, given.write) == ((1, 2, 8), 10, 1.5, "instant", False)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--calls", "4,2", "must be larger"),
        ("--calls", "0", "no number from 1 on"),
        ("--calls", "1,x", "no number from 1 on"),
        ("--calls", "500", "at most 190"),
        ("--step-s", "-3", "no number from 1 on"),
        ("--p95", "nan", "no time in seconds"),
        ("--p95", "-1", "no time in seconds"),
        ("--engines", "none", "invalid choice"),
    ],
)
def test_what_cannot_be_is_refused(capsys: pytest.CaptureFixture[str], option: str, value: str, words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["bench", "capacity", f"{option}={value}"])
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_what_is_measured_unless_told_otherwise_is_allowed_by_the_other_limits() -> None:
    for steps in STEPS.values():
        assert load_config(None, [f"gateway.max_calls={max(steps)}"]).gateway.max_calls == max(steps)
