"""Connection 3: whisper dials llama on TCP 8083 when the call's session is created, before the first word."""

from steadyline.connections.connection import Connection

WHISPER_LLAMA = Connection(
    number=3,
    name="whisper → llama",
    dialer="whisper",
    listener="llama",
    transport="tcp",
    port_key="llama.port",
    port_is_per_call=False,
    payload="the caller's turns as text",
    connected_text="🔗 Pre-connected to LLaMA service for call {call_id}",
    retry_text="⚠️ LLaMA connection attempt {attempt}/{attempts} failed for call {call_id} - retrying in {delay_ms}ms",
    failed_text="❌ Failed to connect to LLaMA for call {call_id} after {attempts} attempts",
)
