"""Connection 5: the TTS service dials outbound on TCP 9002 + call_id, on the first text of the call."""

from steadyline.connections.connection import Connection

TTS_OUTBOUND = Connection(
    number=5,
    name="tts → outbound",
    dialer="tts",
    listener="outbound",
    transport="tcp",
    port_key="outbound.audio_port_base",
    port_is_per_call=True,
    payload="audio chunks with rate and chunk id",
    connected_text="🔗 Connected to outbound audio processor on port {port} for call {call_id} (attempt {attempt})",
)

STANDBY_OUTBOUND = Connection(
    number=5,
    name="standby → outbound",
    dialer="standby",
    listener="outbound",
    transport="tcp",
    port_key="outbound.audio_port_base",
    port_is_per_call=True,
    payload="audio chunks with rate and chunk id",
    connected_text=(
        "🔗 Standby connected to outbound audio processor on port {port} for call {call_id} (attempt {attempt})"
    ),
)
