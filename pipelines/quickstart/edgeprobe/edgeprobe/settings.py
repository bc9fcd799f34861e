"""Settings of both services, read from INI files."""

import configparser
import re


class Wrong(Exception):
    """A setting that cannot be used; the text names file, setting and value."""


def read_settings(path, section, defaults):
    """The section's settings as texts over the defaults. Unknown names are refused."""
    parser = configparser.ConfigParser(interpolation=None)
    with open(path, encoding="utf-8") as file:
        parser.read_file(file)
    found = dict(parser[section]) if parser.has_section(section) else {}
    unknown = sorted(set(found) - set(defaults))
    if unknown:
        raise Wrong(f"{path}: unknown setting {unknown[0]!r} in [{section}]; known are {', '.join(sorted(defaults))}")
    return {**defaults, **found}


def parse_seconds(text):
    """Seconds of "30", "30s", "5m" or "1h"; at least one."""
    found = re.fullmatch(r"(\d+)\s*([smh]?)", text.strip())
    seconds = int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]] if found else 0
    if seconds < 1:
        raise Wrong(f"not an interval of at least a second: {text!r}; write 30s, 5m or 1h")
    return seconds


def parse_endpoint(text):
    """Host and port of "host:port" or "[address]:port"."""
    host, _, port = text.strip().rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise Wrong(f"not a host and port: {text!r}; write frontend:7420")
    return host.strip("[]"), int(port)
