"""The metrics of a process: names after the conventions, bounded labels, nothing global, and the table in the documents."""

import mmap
import re
from pathlib import Path

import prometheus_client
import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from steadyline import __version__
from steadyline.metrics import Metrics

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
LABELS = {"service", "connection", "peer", "side", "state", "work", "part", "child", "fault", "version", "le"}
"""None of a call or of a caller: https://prometheus.io/docs/practices/naming/#labels ("unbounded sets of values")."""


def busy() -> Metrics:
    """A process that has measured something of everything."""
    metrics = Metrics("whisper")
    for number, peer, side in ((1, "inbound", "dials"), (3, "llama", "dials"), (1, "whisper", "polls")):
        connection = metrics.connection(number, peer, side)  # type: ignore[arg-type]
        connection.moved(None, "connecting")
        connection.attempted()
        connection.opened(0.004)
        connection.moved("connecting", "open")
        connection.lost(1_700_000_000.0)
        connection.healed(1.3, 1_700_000_001.3)
        connection.resent(4)
    metrics.worked("transcribe", 0.15)
    metrics.turn_part("transcription", 0.16)
    metrics.restarted("llama")
    metrics.fault("journal", is_present=True)
    return metrics


def families(metrics: Metrics) -> dict[str, Metric]:
    """What a Prometheus server makes of the exposition."""
    return {found.name: found for found in text_string_to_metric_families(metrics.exposition().decode())}


def test_names_and_labels_follow_the_conventions() -> None:
    for name, family in families(busy()).items():
        assert re.fullmatch(r"steadyline_[a-z]+(_[a-z]+)*", name)
        assert family.documentation.endswith("."), name
        if family.type == "histogram":
            assert name.endswith("_seconds")
        for sample in family.samples:
            assert sample.labels["service"] == "whisper" and sample.labels.keys() <= LABELS, name
            assert family.type != "counter" or sample.name == f"{name}_total"
            assert not sample.name.endswith("_created")


def test_one_connections_life_is_told_in_numbers() -> None:
    metrics = busy()
    labels = {"service": "whisper", "connection": "1", "peer": "inbound", "side": "dials"}

    def value(name: str, **more: str) -> float | None:
        return metrics.registry.get_sample_value(f"steadyline_{name}", {**labels, **more})

    assert value("connections", state="open") == 1 and value("connections", state="connecting") == 0
    assert value("connection_attempts_total") == value("connection_flaps_total") == 1
    assert value("connection_reconnections_total") == 1
    assert value("connection_establish_seconds_bucket", le="0.002") == 0
    assert value("connection_establish_seconds_bucket", le="0.005") == 1
    assert value("connection_gap_repaired_seconds_sum") == 1.3
    assert value("connection_resent_frames_total") == 4
    assert value("connection_last_lost_timestamp_seconds") == 1_700_000_000.0
    assert value("connection_last_healed_timestamp_seconds") == 1_700_000_001.3
    assert value("registration_seconds_count") is None, "only what polls registers"


def test_two_processes_in_one_share_nothing_and_nothing_is_global() -> None:
    one, other = busy(), Metrics("llama")
    assert "steadyline_connection_attempts_total{" in one.exposition().decode()
    assert "steadyline_connection_attempts_total{" not in other.exposition().decode()
    assert "steadyline" not in prometheus_client.generate_latest().decode()


def test_the_release_and_what_has_not_happened_yet_are_shown_from_the_start() -> None:
    text = Metrics("piper").exposition().decode()
    assert f'steadyline_service_info{{service="piper",version="{__version__}"}} 1.0' in text
    assert 'steadyline_queue_depth{service="piper"} 0.0' in text
    assert 'steadyline_journal_lost_writes_total{service="piper"} 0.0' in text


def test_what_the_line_says_of_calls_that_are_over_adds_up() -> None:
    metrics = Metrics("gateway")
    metrics.call_ended({"received_packets": 990, "lost_packets": 10, "starved_frames": 2, "jitter_ms": 3.0})
    metrics.call_ended({"received_packets": 500})
    value = metrics.registry.get_sample_value
    assert value("steadyline_received_packets_total", {"service": "gateway"}) == 1490
    assert value("steadyline_lost_packets_total", {"service": "gateway"}) == 10
    assert value("steadyline_starved_frames_total", {"service": "gateway"}) == 2


def test_memory_is_that_of_now() -> None:
    metrics, labels = Metrics("llama"), {"service": "llama"}
    before = metrics.registry.get_sample_value("steadyline_resident_memory_bytes", labels)
    # A mapping of its own: a process that has held much before takes a plain object out of what it has.
    held = mmap.mmap(-1, 50_000_000)
    held.write(b"x" * len(held))
    after = metrics.registry.get_sample_value("steadyline_resident_memory_bytes", labels)
    assert before is not None and after is not None and len(held) * 0.9 < after - before < len(held) * 1.5


def described() -> dict[str, tuple[str, str, str]]:
    """The table in docs/operations.md: kind, labels and meaning by name."""
    rows = re.findall(
        r"^\| `(steadyline_\w+)` \| (\w+) \| ([^|]*) \| ([^|]*) \|$",
        OPERATIONS.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    return {name: (kind, labels, meaning) for name, kind, labels, meaning in rows}


def test_the_table_in_operations_is_what_the_code_has() -> None:
    expected = {}
    for collector in busy().registry._collector_to_names:
        [family] = collector.collect()
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = ", ".join(f"`{label}`" for label in collector._labelnames if label != "service")  # type: ignore[attr-defined]
        expected[name] = (family.type, labels, family.documentation.replace("|", "\\|"))
    assert described() == expected


@pytest.mark.parametrize("word", ["call_id", "call_uuid", "sip:"])
def test_nothing_of_a_call_is_a_label(word: str) -> None:
    assert word not in busy().exposition().decode()
