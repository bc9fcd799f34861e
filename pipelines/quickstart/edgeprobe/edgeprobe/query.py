"""edgeprobe: asks the collector of this machine."""

import argparse
import json
import socket
import sys

from .build_options import VERSION


def ask(path):
    """What the collector knows, as it answers on its socket."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(15)
        connection.connect(path)
        with connection.makefile("rb") as answer:
            return json.loads(answer.read())


def table(answer):
    """The hosts as aligned lines for a person."""
    rows = [("HOST", "CPUS", "MEMORY MiB", "NUMA", "KVM", "GUESTS")]
    for host in answer["hosts"]:
        rows.append((
            host["host"],
            str(host["processors"]["online"]),
            str(host["memory"]["totalBytes"] >> 20),
            str(len(host["numa"])),
            "yes" if host["kvm"] else "no",
            ", ".join(f"{guest['name']} ({guest['acceleration']})" for guest in host["guests"]) or "-",
        ))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows)


def main(arguments=None):
    """Entry point; 1 when no collector answers."""
    parser = argparse.ArgumentParser(prog="edgeprobe", description=__doc__)
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True)
    hosts = commands.add_parser("hosts", help="the last report of each host")
    hosts.add_argument("--json", action="store_true")
    hosts.add_argument("--socket", default="/run/edgeprobe/collector.sock")
    chosen = parser.parse_args(arguments)
    try:
        answer = ask(chosen.socket)
    except OSError as error:
        print(f"edgeprobe: no collector answers on {chosen.socket}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(answer, indent=2) if chosen.json else table(answer))
    return 0
