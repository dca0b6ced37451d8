"""Connection 2: outbound polls REGISTER to the TTS service on UDP 13001; the TTS notes the call and dials later (5)."""

from steadyline.connections.connection import Connection

REGISTER_TTS = Connection(
    number=2,
    name="outbound ⇢ tts",
    dialer="outbound",
    listener="tts",
    transport="udp",
    port_key="tts.register_port",
    port_is_per_call=False,
    payload="REGISTER: this call's outbound is ready",
    connected_text="✅ TTS service connected for call {call_id} - stopping registration polling",
)
