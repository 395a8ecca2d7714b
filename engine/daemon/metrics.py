"""What the daemon counts, in the text form that Prometheus reads. Knows no requests' contents."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from fillwright.engine.daemon.wire import Event
from fillwright.engine.request import Doubts, Infill

LATENCY_BUCKETS_S = (0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30)


class Metrics:
    """Counters of finished requests. Safe to use from several threads."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "fillwright_requests",
            "Finished requests by how they ended.",
            ["finish"],
            registry=self._registry,
        )
        self._steps = Counter(
            "fillwright_denoise_steps", "Denoise steps taken.", registry=self._registry
        )
        self._tokens = Counter("fillwright_tokens", "Tokens filled in.", registry=self._registry)
        self._seconds = Histogram(
            "fillwright_request_seconds",
            "Seconds from taking a request to its fill, those not cancelled.",
            buckets=LATENCY_BUCKETS_S,
            registry=self._registry,
        )
        self._of_users = Counter(
            "fillwright_user_requests",
            "Finished requests of those who share the engine, each by a hash of the token.",
            ["user", "finish"],
            registry=self._registry,
        )
        self._user_seconds = Counter(
            "fillwright_user_seconds",
            "Seconds from taking their requests to the fills, those not cancelled.",
            ["user"],
            registry=self._registry,
        )
        for finish in ("settled", "budget", "deadline", "cancelled", "failed"):
            self._requests.labels(finish)

    def finished(self, outcome: Event, seconds: float, user: str = "") -> None:
        """Count one request by its outcome, a fill, doubts or an error; `user` is the id of one of
        those who share the engine, "" for its owner."""
        finish = outcome.finish if isinstance(outcome, Infill | Doubts) else "failed"
        self._requests.labels(finish).inc()
        if user:
            self._of_users.labels(user, finish).inc()
        if not isinstance(outcome, Infill):
            return
        self._steps.inc(outcome.steps)
        self._tokens.inc(outcome.tokens)
        if outcome.finish == "cancelled":
            return
        self._seconds.observe(seconds)
        if user:
            self._user_seconds.labels(user).inc(seconds)

    def text(self) -> bytes:
        """Everything counted so far, in the exposition format 0.0.4."""
        return generate_latest(self._registry)
