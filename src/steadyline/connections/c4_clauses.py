"""Connection 4: llama dials the TTS service on TCP 8090 when the call's session is created, before the first word."""

from steadyline.connections.connection import Connection

LLAMA_TTS = Connection(
    number=4,
    name="llama → tts",
    dialer="llama",
    listener="tts",
    transport="tcp",
    port_key="tts.port",
    port_is_per_call=False,
    payload="clauses to speak",
    connected_text="🔗 Pre-connected to TTS service for call {call_id}",
    retry_text="⚠️ TTS connection attempt {attempt}/{attempts} failed for call {call_id} - retrying in {delay_ms}ms",
    failed_text="❌ Failed to connect to TTS for call {call_id} after {attempts} attempts",
)

LLAMA_STANDBY = Connection(
    number=4,
    name="llama → standby",
    dialer="llama",
    listener="standby",
    transport="tcp",
    port_key="standby.port",
    port_is_per_call=False,
    payload="clauses to speak, when the first voice cannot",
    connected_text="🔗 Pre-connected to standby TTS service for call {call_id}",
    retry_text="⚠️ Standby TTS connection attempt {attempt}/{attempts} failed for call {call_id} - retrying in {delay_ms}ms",
    failed_text="❌ Failed to connect to standby TTS for call {call_id} after {attempts} attempts",
)
