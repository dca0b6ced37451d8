"""What the services of a simulated system log goes to whom a drill names, and to nobody else."""

import contextlib
import logging
from collections.abc import Iterator

LOG = logging.getLogger("steadyline")


@contextlib.contextmanager
def logging_to(handler: logging.Handler | None = None) -> Iterator[None]:
    """Meanwhile the handler gets what is logged, from its level on; None: nobody does."""
    listener = handler or logging.NullHandler()
    former_propagate, former_level = LOG.propagate, LOG.level
    LOG.propagate = False
    LOG.addHandler(listener)
    if handler is not None and handler.level:
        LOG.setLevel(min(handler.level, LOG.getEffectiveLevel()))
    try:
        yield
    finally:
        LOG.removeHandler(listener)
        LOG.propagate = former_propagate
        LOG.setLevel(former_level)
