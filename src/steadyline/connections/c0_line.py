"""Connection 0: gateway ↔ inbound, gateway ↔ outbound. The processors dial the gateway.

Each processor keeps one control connection (call_id 0: calls started and ended) and one connection per call (20 ms of
caller audio down, audio to play up, cursor down). Not in the founding document, whose processors were part of the line.
"""

from steadyline.connections.connection import Connection

_RETRY = "⚠️ Gateway connection attempt {attempt}/{attempts} failed for call {call_id} - retrying in {delay_ms}ms"
_FAILED = "❌ Failed to connect to gateway for call {call_id} after {attempts} attempts"

GATEWAY_INBOUND = Connection(
    number=0,
    name="inbound → gateway",
    dialer="inbound",
    listener="gateway",
    transport="tcp",
    port_key="gateway.processor_port",
    port_is_per_call=False,
    payload="call started and ended, 20 ms caller audio",
    connected_text="🔗 Inbound audio processor connected to gateway for call {call_id} (attempt {attempt})",
    retry_text=_RETRY,
    failed_text=_FAILED,
)

GATEWAY_OUTBOUND = Connection(
    number=0,
    name="outbound → gateway",
    dialer="outbound",
    listener="gateway",
    transport="tcp",
    port_key="gateway.processor_port",
    port_is_per_call=False,
    payload="audio to play, cursor",
    connected_text="🔗 Outbound audio processor connected to gateway for call {call_id} (attempt {attempt})",
    retry_text=_RETRY,
    failed_text=_FAILED,
)
