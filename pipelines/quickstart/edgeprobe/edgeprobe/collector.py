"""edgeprobe-collector: keeps the last report of each host and answers local queries."""

import argparse
import json
import os
import signal
import socketserver
import sys
import threading
import time

from . import channel
from .replay import ReplayGuard
from .settings import Wrong, parse_endpoint, parse_seconds, read_settings

DEFAULTS = {
    "listen": "0.0.0.0:7420",
    "key-file": "/etc/edgeprobe/psk",
    "socket": "/run/edgeprobe/collector.sock",
    "replay-window": "2m",
}
TIMEOUT_SECONDS = 15
ARRIVALS_KEPT = 16


class Ledger:
    """The last report of each host, when its latest reports were made, and how many frames were refused."""

    def __init__(self, replay_window):
        self._guard = ReplayGuard(replay_window)
        self._hosts = {}
        self._refused = 0
        self._lock = threading.Lock()

    def keep(self, report, now):
        """Takes a report that was unsealed; raises Refused for one out of time or seen before."""
        if not isinstance(report, dict) or not isinstance(report.get("host"), str):
            raise channel.Refused("the report names no host")
        self._guard.admit(str(report.get("nonce")), float(report.get("at", 0)), now)
        with self._lock:
            arrivals = self._hosts.get(report["host"], {}).get("reportedAt", [])
            kept = {name: value for name, value in report.items() if name != "nonce"}
            kept["reportedAt"] = [*arrivals, report["at"]][-ARRIVALS_KEPT:]
            self._hosts[report["host"]] = kept

    def refuse(self):
        """Counts a frame that was not kept."""
        with self._lock:
            self._refused += 1

    def answer(self):
        """What a local query gets."""
        with self._lock:
            return {"refused": self._refused, "hosts": [self._hosts[name] for name in sorted(self._hosts)]}


class ReportHandler(socketserver.BaseRequestHandler):
    """One connection of an agent: one report, one answer. An unsealed frame gets no answer at all."""

    def handle(self):
        self.request.settimeout(TIMEOUT_SECONDS)
        ledger, key = self.server.ledger, self.server.key
        try:
            report = channel.unseal(key, channel.REPORT, channel.receive(self.request))
        except (OSError, ValueError, channel.Refused) as error:
            ledger.refuse()
            self._say(error)
            return
        answer = {"nonce": report.get("nonce") if isinstance(report, dict) else None, "kept": True}
        try:
            ledger.keep(report, time.time())
        except (TypeError, ValueError, channel.Refused) as error:
            ledger.refuse()
            self._say(error)
            answer.update(kept=False, reason=str(error))
        try:
            channel.send(self.request, channel.seal(key, channel.ANSWER, answer))
        except OSError as error:
            self._say(error)

    def _say(self, error):
        print(f"refused a frame from {self.client_address[0]}: {error}", file=sys.stderr, flush=True)


class ReportServer(socketserver.ThreadingTCPServer):
    """Listens for agents."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, endpoint, key, ledger):
        self.key = key
        self.ledger = ledger
        super().__init__(endpoint, ReportHandler)


class QueryHandler(socketserver.StreamRequestHandler):
    """A local query: everything known, as one JSON document."""

    def handle(self):
        self.wfile.write(json.dumps(self.server.ledger.answer()).encode() + b"\n")


class QueryServer(socketserver.ThreadingUnixStreamServer):
    """Listens for queries on a socket that only the owner and root may open."""

    daemon_threads = True

    def __init__(self, path, ledger):
        self.ledger = ledger
        if os.path.exists(path):
            os.unlink(path)
        super().__init__(path, QueryHandler)
        os.chmod(path, 0o600)


def main(arguments=None):
    """Entry point; 0 after a stop by signal, 2 when the settings are wrong."""
    parser = argparse.ArgumentParser(prog="edgeprobe-collector", description=__doc__)
    parser.add_argument("--config", default="/etc/edgeprobe/collector.conf")
    chosen = parser.parse_args(arguments)
    try:
        settings = read_settings(chosen.config, "collector", DEFAULTS)
        ledger = Ledger(parse_seconds(settings["replay-window"]))
        reports = ReportServer(parse_endpoint(settings["listen"]), channel.read_key(settings["key-file"]), ledger)
        queries = QueryServer(settings["socket"], ledger)
    except (OSError, Wrong, channel.Refused) as error:
        print(f"edgeprobe-collector: {error}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        # In a thread of its own, because shutdown() waits for the loop that the signal interrupted.
        signal.signal(number, lambda *_: threading.Thread(target=reports.shutdown).start())
    threading.Thread(target=queries.serve_forever, daemon=True).start()
    reports.serve_forever(poll_interval=0.2)
    return 0
