"""What one connection of the system is: the type behind the table `CONNECTIONS`."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Connection:
    """One arrow of the picture in docs/architecture.md.

    Attributes:
        number: 0-5, as the founding document and docs/design number them.
        name: short name for status and logs, e.g. "whisper → llama".
        dialer: role that dials (TCP), or sends the datagrams (UDP).
        listener: role that listens.
        transport: "tcp" or "udp".
        port_key: config key of the port, or of the base that the call_id is added to.
        port_is_per_call: the call_id is added to the port.
        payload: what flows, in a few words.
        connected_text: INFO line on success; {call_id}, {port}, {attempt} are filled in.
        retry_text: WARNING line on a failed attempt; also {attempts}, {delay_ms}.
        failed_text: ERROR line after the last attempt.
    """

    number: int
    name: str
    dialer: str
    listener: str
    transport: Literal["tcp", "udp"]
    port_key: str
    port_is_per_call: bool
    payload: str
    connected_text: str
    retry_text: str = "⚠️ Connection attempt {attempt}/{attempts} failed for call {call_id} - retrying in {delay_ms}ms"
    failed_text: str = "❌ Failed to connect to audio processor for call {call_id} after {attempts} attempts"
