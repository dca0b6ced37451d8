"""One file, one process: gateway, inbound, whisper, llama, tts (Kokoro or Piper), outbound."""
