"""The telephone in the browser: WebRTC to the browser, SIP and RTP to the gateway, as any caller's telephone speaks."""
