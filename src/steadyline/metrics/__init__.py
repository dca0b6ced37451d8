"""What a process measures of itself, for Prometheus (https://prometheus.io/docs/practices/naming/)."""

from steadyline.metrics.connection_metrics import ConnectionMetrics, Side
from steadyline.metrics.metrics import Metrics

__all__ = ["ConnectionMetrics", "Metrics", "Side"]
