"""A function in a process of its own: an engine that crashes or hangs does not take the doctor along."""

import signal
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from steadyline.errors import EngineError, SteadylineError

T = TypeVar("T")


def run_isolated(function: Callable[..., T], *arguments: Any, timeout_s: float) -> T:
    """The result of `function(*arguments)` from a fresh process; function, arguments and result must be picklable.

    Raises:
        SteadylineError: what the function raised, or EngineError: it raised something else, crashed or took too long.
    """
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, function, arguments), daemon=True)
    process.start()
    sender.close()
    try:
        if not receiver.poll(timeout_s):
            raise EngineError(f"it did not end within {timeout_s:g} s; end other programs, or use a smaller model")
        outcome = receiver.recv()
    except EOFError:
        process.join()
        raise EngineError(_death(process.exitcode or 0)) from None
    finally:
        process.kill()
        process.join()
        receiver.close()
    if isinstance(outcome, SteadylineError):
        raise outcome
    result: T = outcome
    return result


def _run(sender: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    # Ctrl-C is for the parent, which kills us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        outcome = function(*arguments)
    except SteadylineError as error:
        outcome = error
    except Exception as error:  # of any library
        outcome = EngineError(f"it failed: {error!r}")
    sender.send(outcome)


def _death(code: int) -> str:
    if code == -signal.SIGILL:
        return "it crashed on an instruction that this processor does not have; use a newer processor"
    if code == -signal.SIGKILL:
        return "it was killed, most likely for want of memory; free memory, or use a smaller model"
    name = f"by signal {-code}" if code < 0 else f"with status {code}"
    return f"it ended {name}; install its packages again"
