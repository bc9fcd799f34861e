"""edgeprobe-agent: reports this host to the collector at the chosen interval."""

import argparse
import os
import socket
import sys
import threading
import time
import signal

from . import capacity, channel, guests
from .build_options import VERSION
from .schedule import next_due
from .settings import Wrong, parse_endpoint, parse_seconds, read_settings

DEFAULTS = {
    "collector": "localhost:7420",
    "interval": "30s",
    "key-file": "/etc/edgeprobe/psk",
    "host-name": "",
}
TIMEOUT_SECONDS = 15


def make_report(host, sequence, interval, root="/"):
    """All that is said about a host, with the time and nonce that make it usable once."""
    return {
        "host": host,
        "at": time.time(),
        "nonce": os.urandom(16).hex(),
        "sequence": sequence,
        "interval": interval,
        "version": VERSION,
        "processors": capacity.processors(root),
        "memory": capacity.memory(root),
        "numa": capacity.numa_nodes(root),
        "kvm": capacity.kvm_present(root),
        "guests": guests.running_guests(root),
    }


def deliver(endpoint, key, report):
    """Sends one report and waits until the collector has said, under the same key, that it keeps it."""
    with socket.create_connection(endpoint, TIMEOUT_SECONDS) as connection:
        connection.settimeout(TIMEOUT_SECONDS)
        channel.send(connection, channel.seal(key, channel.REPORT, report))
        answer = channel.unseal(key, channel.ANSWER, channel.receive(connection))
    if answer.get("nonce") != report["nonce"]:
        raise channel.Refused("the collector answered another report")
    if not answer.get("kept"):
        raise channel.Refused(f"the collector refused the report: {answer.get('reason')}")


def run(settings, once, stop):
    """Reports until `stop` is set; with `once`, one report whose failure is the result."""
    endpoint = parse_endpoint(settings["collector"])
    interval = parse_seconds(settings["interval"])
    key = channel.read_key(settings["key-file"])
    host = settings["host-name"] or socket.gethostname()
    start, sequence = time.monotonic(), 0
    while not stop.is_set():
        sequence += 1
        problem = _attempt(endpoint, key, make_report(host, sequence, interval))
        if problem:
            print(f"report {sequence} was not delivered: {problem}", file=sys.stderr, flush=True)
        if once:
            return 1 if problem else 0
        now = time.monotonic()
        stop.wait(next_due(start, interval, now) - now)
    return 0


def _attempt(endpoint, key, report):
    try:
        deliver(endpoint, key, report)
    except (OSError, ValueError, channel.Refused) as error:
        return str(error)
    return None


def main(arguments=None):
    """Entry point; 0 when all is well, 1 when the only report failed, 2 when the settings are wrong."""
    parser = argparse.ArgumentParser(prog="edgeprobe-agent", description=__doc__)
    parser.add_argument("--config", default="/etc/edgeprobe/agent.conf")
    parser.add_argument("--once", action="store_true", help="send one report and end")
    parser.add_argument("--collector", help="host:port instead of the configured one")
    chosen = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = read_settings(chosen.config, "agent", DEFAULTS)
        if chosen.collector:
            settings["collector"] = chosen.collector
        return run(settings, chosen.once, stop)
    except (OSError, Wrong, channel.Refused) as error:
        print(f"edgeprobe-agent: {error}", file=sys.stderr)
        return 2
