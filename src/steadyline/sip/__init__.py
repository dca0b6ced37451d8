"""The SIP user agent over baresip-python: calls as PCM in and out, and nothing of the pipeline."""

from steadyline.sip.call import SipCall
from steadyline.sip.settings import SipSettings
from steadyline.sip.user_agent import SipUserAgent

__all__ = ["SipCall", "SipSettings", "SipUserAgent"]
