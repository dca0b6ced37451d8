"""Connection 1: whisper dials inbound on TCP 9001 + call_id, told by REGISTER on UDP 13000."""

from steadyline.connections.connection import Connection

WHISPER_INBOUND = Connection(
    number=1,
    name="whisper → inbound",
    dialer="whisper",
    listener="inbound",
    transport="tcp",
    port_key="inbound.audio_port_base",
    port_is_per_call=True,
    payload="float32 speech, speech started and ended",
    connected_text="🔗 Connected to inbound audio processor on port {port} for call {call_id} (attempt {attempt})",
)

REGISTER_WHISPER = Connection(
    number=1,
    name="inbound ⇢ whisper",
    dialer="inbound",
    listener="whisper",
    transport="udp",
    port_key="whisper.register_port",
    port_is_per_call=False,
    payload="REGISTER: this call waits for a whisper",
    connected_text="✅ Whisper service connected for call {call_id} - stopping registration polling",
)
