"""A SIP message for keeping: without what lets somebody in, decrypts a call, or was said. Pure."""

import re

LEFT_OUT = "(left out)"
MAX_CHARACTERS = 4096
"""A message with its SDP is some 1000 characters long; what is longer is cut."""

# RFC 3261, 20.6, 20.7, 20.27, 20.28 and 20.44; a value may go on in lines that begin with white space (7.3.1).
_CREDENTIALS = re.compile(
    r"^((?:Proxy-)?Authorization|(?:WWW|Proxy)-Authenticate|(?:Proxy-)?Authentication-Info)[ \t]*:[ \t]*"
    r"((?:Digest|Basic|Bearer) )?[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*",
    re.IGNORECASE | re.MULTILINE,
)
_WORD = re.compile(r"[^\s@<>]+@?")
_BEFORE_PASSWORD = re.compile(r"\bsips?:[^:;?]*:", re.IGNORECASE)
"""RFC 3261, 19.1.1: a URI may hold one, behind the user. Word by word, so that no place is looked at twice: anybody can
send this."""
_CONTENT_TYPE = re.compile(r"^(?:Content-Type|c)[ \t]*:[ \t]*([^\s;]+)", re.IGNORECASE | re.MULTILINE)
_BODY = re.compile(r"\r?\n\r?\n")
# RFC 4568 (SDES), 4567 (MIKEY), 4566, 5.12 (k=) and 8839 (ICE); of SDES the suite may be known.
_KEYS = re.compile(
    r"^(k=|a=key-mgmt:|a=ice-pwd:|a=crypto:(?:[ \t]*\d+[ \t]+\w+[ \t])?)[^\r\n]*", re.IGNORECASE | re.MULTILINE
)


def redacted(message: str) -> str:
    """The message with `LEFT_OUT` for digests and challenges, passwords in URIs and keys in SDP.

    A body that is not SDP is named by its type and length alone: it may be words that somebody has typed, or digits.
    What is longer than `MAX_CHARACTERS` is cut.
    """
    parts = _BODY.split(message, maxsplit=1)
    head = _CREDENTIALS.sub(rf"\1: \2{LEFT_OUT}", parts[0])
    head = _WORD.sub(_without_password, head)
    body = _kept(head, parts[1]) if len(parts) > 1 else ""
    text = f"{head}\r\n\r\n{body}" if body else head
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]} (cut: {len(text)} characters)"


def _without_password(word: re.Match[str]) -> str:
    before = _BEFORE_PASSWORD.search(word[0]) if word[0].endswith("@") else None
    return word[0] if before is None else f"{word[0][: before.end()]}{LEFT_OUT}@"


def _kept(head: str, body: str) -> str:
    kind = _CONTENT_TYPE.search(head)
    if not body or (kind is not None and kind[1].lower() == "application/sdp"):
        return _KEYS.sub(rf"\1{LEFT_OUT}", body)
    return f"({len(body)} characters of {kind[1] if kind else 'something'})"
