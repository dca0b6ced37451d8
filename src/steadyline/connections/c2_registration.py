"""Connection 2: outbound polls REGISTER to every voice, on UDP 13001 and, if there is a standby, 13002; dialed later (5)."""

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

REGISTER_STANDBY = Connection(
    number=2,
    name="outbound ⇢ standby",
    dialer="outbound",
    listener="standby",
    transport="udp",
    port_key="standby.register_port",
    port_is_per_call=False,
    payload="REGISTER: this call's outbound is ready",
    connected_text="✅ Standby TTS service connected for call {call_id} - stopping registration polling",
)
