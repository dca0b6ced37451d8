"""How well a call's media travels, as plain figures."""

from baresip import CallStats


def quality_figures(stats: CallStats | None) -> dict[str, float]:
    """What RTCP (RFC 3550, 6.4) and the stack's counters say; empty before the first report.

    The MOS is an estimate by a simplified E-model (ITU-T G.107) for narrowband codecs.
    """
    if stats is None:
        return {}
    return {
        "sent_packets": stats.tx_packets,
        "received_packets": stats.rx_packets,
        "lost_packets": stats.rx_lost,
        "lost_packets_peer": stats.tx_lost,
        "jitter_ms": stats.rx_jitter_ms,
        "round_trip_ms": stats.rtt_ms,
        "late_packets": stats.jbuf_late or 0,
        "jitter_buffer_ms": stats.jbuf_delay_ms or 0,
        "mos_estimate": stats.mos_estimate,
    }
