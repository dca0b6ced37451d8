"""What the benchmark came to, for people: a table, and the same as a page."""

from collections.abc import Sequence

from steadyline.bench.capacity.figures import Step
from steadyline.bench.capacity.measurement import Capacity
from steadyline.drills.pages import html_page, html_table, html_text

HEADS = (
    "calls",
    "turns",
    "wait p50",
    "wait p95",
    "packets, p99",
    "lost",
    "starved",
    "cores",
    "% a call",
    "callers' cores",
)


def table(result: Capacity, cores: int) -> str:
    """A line a step, and the verdict."""
    lines = ["".join(f"{head:>15}" for head in HEADS)]
    lines += ["".join(f"{cell:>15}" for cell in _row(step)) for step in result.steps]
    return "\n".join([*lines, *_processes(result), verdict(result, cores)])


def page(command: str, result: Capacity, cores: int) -> str:
    """The whole page as HTML; nothing is fetched."""
    parts = [
        html_text(verdict(result, cores), is_bad=not result.limit),
        html_table(HEADS, [_row(step) for step in result.steps]),
        *(html_text(line) for line in _processes(result)),
    ]
    return html_page("How many calls this machine takes", command, parts)


def verdict(result: Capacity, cores: int) -> str:
    """The result in a sentence or two."""
    why = "; ".join(result.faults) if result.faults else "nothing broke within the steps and the time that there were"
    per_core = f", {result.limit / cores:.1f} for each of {cores} cores" if result.limit else ""
    return f"{result.limit} calls at once are well{per_core}; {why} ({result.took_s:.0f} s)"


def _row(step: Step) -> Sequence[str]:
    return (
        str(step.calls),
        str(step.turns),
        f"{step.wait_p50_s:.2f} s",
        f"{step.wait_p95_s:.2f} s",
        f"20 ± {step.jitter_p99_ms:.1f} ms",
        str(step.lost),
        str(step.starved),
        f"{sum(step.cpu.values()):.2f}",
        f"{step.cpu_percent_per_call:.2f}",
        f"{step.caller_cpu:.2f}",
    )


def _processes(result: Capacity) -> list[str]:
    """Whose processor time it is, in the last step."""
    if not result.steps:
        return []
    step = result.steps[-1]
    shares = ", ".join(f"{name} {100 * share / max(1, step.calls):.2f}" for name, share in step.cpu.items())
    return [f"% of a core a call, with {step.calls} calls: {shares}"]
