"""Messages to frames and back: the table of all types."""

from collections.abc import Callable

from steadyline.errors import WireError
from steadyline.wire import audio_messages, line_messages, messages, operator_messages
from steadyline.wire.framing import Frame, encode_frame
from steadyline.wire.messages import Message

MESSAGE_TYPES: dict[int, type[Message]] = {
    kind.TYPE: kind  # type: ignore[attr-defined]
    for module in (messages, line_messages, audio_messages, operator_messages)
    for kind in vars(module).values()
    if isinstance(kind, type) and kind.__module__ == module.__name__ and isinstance(getattr(kind, "TYPE", None), int)
}

Tap = Callable[[bool, Message, bytes], None]
"""Is told of each message for a service, its own or the peer's: whether it was sent, what it is, the body of its frame."""


def decode_message(frame: Frame) -> Message:
    """What a frame says.

    Raises:
        WireError: `unknown-type` or `bad-body`.
    """
    kind = MESSAGE_TYPES.get(frame.type)
    if kind is None:
        raise WireError("unknown-type", f"frame type 0x{frame.type:02x} is not known to this version")
    return kind.from_body(frame.body)


def encode_message(message: Message, seq: int) -> bytes:
    """The bytes of a message as the `seq`-th frame of its direction.

    Raises:
        WireError: `frame-too-long`.
    """
    return encode_frame(Frame(message.TYPE, seq, message.to_body()))
