"""Why a call is over, in words for whoever made it: what happened, and what to do."""

HUNG_UP = "You hung up."
FAR_END_HUNG_UP = "The other side hung up."
BROWSER_GONE = "The browser went away."
NO_SOUND = (
    "No sound gets from this browser to the telephone: it works in a browser on the same machine only, "
    "and neither with WebRTC switched off nor through a proxy."
)
SHUTTING_DOWN = "The telephone was stopped. Call again in a moment."
TROUBLE = "Something went wrong in the telephone; its log says what. Call again."
BUSY = (
    "The line is busy, or not ready yet: all its calls are taken, or a service is still loading. "
    "Try again in a moment; `steadyline status` tells which."
)
NO_ANSWER = "Nobody answers: the gateway is away. Start it with `steadyline up`, or see what `steadyline doctor` finds."


def not_answered(reason: str) -> str:
    """What a call that was not answered is told.

    Args:
        reason: in the words of the SIP stack, such as "call failed: 486 Busy Here" or "Connection refused [111]".
    """
    if "486" in reason or "busy" in reason.lower():
        return BUSY
    if any(sign in reason for sign in ("refused", "timed out", "timeout", "not established", "408", "unreachable")):
        return NO_ANSWER
    return f"The call was not answered: {reason}. `steadyline doctor` looks for the cause."


def far_end_ended(reason: str) -> str:
    """What a call is told that the far end, or the network, ended.

    Args:
        reason: of `steadyline.sip.SipCall.closed`, which words the BYE of any far end for calls that come in.
    """
    if reason in ("caller hung up", "ended"):
        return FAR_END_HUNG_UP
    return f"The call was cut off: {reason}. Call again; `steadyline status` tells how the system is."
