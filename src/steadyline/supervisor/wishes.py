"""What an operator may have done to a service: started again always, struck where drills are allowed."""

import signal
from collections.abc import Collection

STRIKES = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP}
ACTIONS = ("restart", *STRIKES)
SHOWN_CHARS = 40


def refusal_of(action: str, name: str, known: Collection[str], *, drills: bool) -> str:
    """Why a wish is not granted, for people; "" when it is.

    Args:
        action, name: what is to be done to which service.
        known: the services that there are.
        drills: strikes are allowed.
    """
    if action not in ACTIONS:
        return f"action is {action[:SHOWN_CHARS]!r}, expected one of {', '.join(ACTIONS)}"
    if name not in known:
        return f"service is {name[:SHOWN_CHARS]!r}, expected one of {', '.join(known)}"
    if action in STRIKES and not drills:
        return f"{action} is for drills: set console.drills = true"
    return ""
