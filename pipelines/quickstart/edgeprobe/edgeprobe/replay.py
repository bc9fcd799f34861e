"""Refuses a report that comes too late, too early or twice."""

import threading

from .channel import Refused


class ReplayGuard:
    """Remembers each nonce as long as its time is inside the window; times are seconds since 1970."""

    def __init__(self, window_seconds):
        self._window = window_seconds
        self._seen = {}
        self._lock = threading.Lock()

    def admit(self, nonce, at, now):
        """Returns when the report is new, raises Refused otherwise."""
        if abs(now - at) > self._window:
            raise Refused(f"the report's time is {now - at:+.0f} s away: {self._window} s are allowed")
        with self._lock:
            self._seen = {known: time for known, time in self._seen.items() if abs(now - time) <= self._window}
            if nonce in self._seen:
                raise Refused("this report was received before")
            self._seen[nonce] = at

    def __len__(self):
        return len(self._seen)
