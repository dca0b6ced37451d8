"""What the recorded SIP messages of a call say, as far as the rules ask."""

import re
from collections.abc import Iterable
from ipaddress import ip_address

from steadyline.recorder.format import SIP
from steadyline.recorder.reading import Happening

_FINAL = re.compile(r"SIP/2\.0 [2-6]\d\d ")
_REQUEST = re.compile(r"(CANCEL|BYE) ")
_HOST = re.compile(r"^c=IN IP[46] ([^\s/]+)", re.MULTILINE)
_PORT = re.compile(r"^m=audio (\d+)", re.MULTILINE)


def how_it_ended(happenings: Iterable[Happening]) -> tuple[str, ...]:
    """The last final answer that we gave, and the last CANCEL or BYE, a line each, in the order in which they passed."""
    last: dict[str, str] = {}
    for one in happenings:
        line = _first_line(one)
        request = _REQUEST.match(line)
        if request is not None:
            last["request"] = f"{'we' if one.detail.get('sent') else 'the caller'} sent {request[1]}"
        elif one.detail.get("sent") and _FINAL.match(line) and "request" not in last:
            last["answer"] = f"we answered {line.removeprefix('SIP/2.0 ')}"
    return tuple(last.values())


def where_sound_comes_from(happenings: Iterable[Happening]) -> tuple[str, ...]:
    """What the caller's telephone said last of where its sound is; nothing when that was not recorded."""
    said = [str(one.detail.get("message")) for one in happenings if one.event == SIP and not one.detail.get("sent")]
    for message in reversed(said):
        host, port = _HOST.search(message), _PORT.search(message)
        if host is not None and port is not None:
            return (f"the caller's telephone says that its sound is at {host[1]} port {port[1]}{_remark(host[1])}",)
    return ()


def _first_line(one: Happening) -> str:
    return str(one.detail.get("message", "")).partition("\n")[0].strip() if one.event == SIP else ""


def _remark(host: str) -> str:
    """What is special about an address."""
    try:
        address = ip_address(host)
    except ValueError:
        return ""
    if address.is_loopback:
        return ", on its own machine"
    return ", an address that is known in its own network alone" if address.is_private else ""
