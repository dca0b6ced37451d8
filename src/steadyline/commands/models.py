"""`steadyline models list | fetch | check`."""

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from steadyline.commands.hub_models import fetch_hub_models
from steadyline.config import Config
from steadyline.doctor.models import configured_models
from steadyline.models.fetch import fetch
from steadyline.models.registry import MODELS
from steadyline.models.store import check
from steadyline.services.assembly import model_store

PROGRESS_INTERVAL_S = 1.0


def run_models(action: str, names: Sequence[str], config: Config, *, as_json: bool) -> int:
    """Run one action; 0 when all is well, 1 when a model is missing or changed (`check`).

    Raises:
        ModelError: a name is unknown, or a model cannot be fetched.
    """
    if action == "fetch":
        if not names:
            fetch_hub_models(config, print)
        return _fetch(names or default_names(config), config, is_explicit=bool(names))
    store = model_store(config)
    states = check(store, rehash=action == "check")
    rows = [
        {
            "name": state.model.name,
            "state": state.state,
            "detail": state.detail,
            "size_mb": round(MODELS[state.model.name].size_bytes / 1e6, 1),
            "licence": MODELS[state.model.name].licence,
            "needed": state.model.name in default_names(config),
        }
        for state in states
    ]
    print(json.dumps({"store": str(store), "models": rows}, indent=2) if as_json else _table(rows))
    wrong = [row for row in rows if row["state"] == "changed" or (row["needed"] and row["state"] != "ok")]
    return 1 if action == "check" and wrong else 0


def default_names(config: Config) -> list[str]:
    """The registry's models that this configuration needs."""
    return [spec for _, spec, _ in configured_models(config) if spec in MODELS]


def _fetch(names: Sequence[str], config: Config, *, is_explicit: bool) -> int:
    store = model_store(config)
    states = {state.model.name: state for state in check(store)}
    for name in names:
        if name in states and states[name].state == "ok":
            if is_explicit:
                print(f"{name}: here already, checked")
            continue
        started_at = time.monotonic()
        fetch(name, store, _Progress(name))
        print(f"{name}: fetched and checked in {time.monotonic() - started_at:.0f} s", flush=True)
    return 0


class _Progress:
    """Prints how far a download is, at most once a second."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._next_at = 0.0

    def __call__(self, text: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        if now < self._next_at:
            return
        self._next_at = now + PROGRESS_INTERVAL_S
        share = f" {100 * done // total} %" if total else ""
        print(f"{self._name}: {text}, {done / 1e6:.0f} MB{share}", file=sys.stderr, flush=True)


def _table(rows: list[dict[str, Any]]) -> str:
    width = max(len(row["name"]) for row in rows)
    lines = [f"{'name':{width}}  {'state':8} {'MB':>6}  licence"]
    for row in rows:
        note = f"  {row['detail']}" if row["state"] == "changed" else ""
        lines.append(f"{row['name']:{width}}  {row['state']:8} {row['size_mb']:6.1f}  {row['licence']}{note}")
    return "\n".join(lines)
