"""How long after it was taken from the queue a packet is sent: a delay that hides in the SIP stack and grows.

In baresip a thread takes a frame from the queue every 20 ms (it is "played" from then on) and puts it into a buffer; another
looks every 4 ms whether a frame is due, and sends it. When the first thread was late, the second finds nothing, sends
nothing, and waits 20 ms for its next turn; the first makes up for its lateness, and from then on one frame more lies in
the buffer, for the rest of the call (src/audio.c, `tx_thread`). On a machine that is busy this happens every few
seconds. It can be seen only in the debug log, which counts it.
"""

import logging
import re

from steadyline.sip import SipUserAgent

# What the second thread takes to look: 1 to 10 ms, different from call to call, 4 to 5 mostly; measured against the
# arrival of the packets at an independent far end.
HANDOFF_S = 0.005
FRAME_S = 0.020

_UNDERRUN = re.compile(r"tx aubuf underrun \(total (\d+)\)")
_stack_log = logging.getLogger("baresip.native")


class TransmitDelay(logging.Handler):
    """Listens to the stack's log for the calls of this process, of which there is one at a time."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.underruns = 0

    @property
    def seconds(self) -> float:
        """The delay of what leaves the queue now."""
        return HANDOFF_S + self.underruns * FRAME_S

    def begin(self) -> None:
        """The next call begins: its buffer is empty."""
        self.underruns = 0

    def emit(self, record: logging.LogRecord) -> None:
        underrun = _UNDERRUN.search(record.getMessage())
        if underrun:
            self.underruns = int(underrun.group(1))

    async def attach(self, agent: SipUserAgent) -> None:
        """Begin to listen; before the call is dialed."""
        await agent._runtime.set_native_log_level("debug")
        # What the stack has to say at this level is for nobody else.
        _stack_log.setLevel(logging.DEBUG)
        _stack_log.propagate = False
        _stack_log.addHandler(self)

    def detach(self) -> None:
        """End listening; safe to call without `attach`."""
        _stack_log.removeHandler(self)
        _stack_log.setLevel(logging.NOTSET)
        _stack_log.propagate = True
