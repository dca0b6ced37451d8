"""One key of the configuration: its default, meaning and range, as a field of a dataclass (`steadyline.config`)."""

from dataclasses import field
from typing import Any


def setting(
    default: Any,
    text: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    or_class: bool = False,
    secret: bool = False,
) -> Any:
    """A config field: default, meaning (with its unit), what is allowed (`or_class`: "module:Class" too), hidden or not."""
    metadata = {"text": text, "low": low, "high": high, "choices": choices, "or_class": or_class, "secret": secret}
    if isinstance(default, list):
        return field(default_factory=lambda: list(default), metadata=metadata)
    return field(default=default, metadata=metadata)


def port_number(default: int, text: str, *, low: int = 1) -> Any:
    """A port number; 0, where it is allowed, means none."""
    return setting(default, text, low=low, high=65535)
