"""The wire protocol without I/O: framing, messages, sessions, registration, outboxes. Normative: docs/wire-protocol.md."""
