"""Guests that run on a host: its QEMU processes, read from /proc below a root folder."""

import os
import re

_MEMORY_UNITS = {"": 1 << 20, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def parse_memory(text):
    """Bytes of a value of QEMU's -m: "128M", "2G", "size=1G,slots=2", or a plain number of MiB."""
    size = _option(text, "size", first=True) or ""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([BKMGT]?)", size.upper())
    if not found:
        raise ValueError(f"not a memory size: {text!r}")
    return int(float(found[1]) * _MEMORY_UNITS[found[2]])


def parse_guest(arguments):
    """The guest that a QEMU command line describes, or None for another program."""
    if not arguments or not re.match(r"qemu-(system-|kvm)", os.path.basename(arguments[0])):
        return None
    options = _options(arguments[1:])
    machine = options.get("M") or options.get("machine") or "pc"
    return {
        "name": _option(options.get("name", ""), "guest", first=True) or "unnamed",
        "memoryBytes": parse_memory(options.get("m", "128")),
        "vcpus": int(_option(options.get("smp", "1"), "cpus", first=True) or 1),
        "machine": _option(machine, "type", first=True) or "pc",
        "acceleration": _acceleration(options, machine),
    }


def running_guests(root="/"):
    """Every running guest with its process id, in order of process id."""
    guests = []
    for pid in sorted(int(name) for name in os.listdir(os.path.join(root, "proc")) if name.isdigit()):
        guest = _guest_of(root, pid)
        if guest:
            guests.append({"pid": pid, **guest})
    return guests


def _guest_of(root, pid):
    folder = os.path.join(root, "proc", str(pid))
    try:
        with open(os.path.join(folder, "cmdline"), "rb") as file:
            arguments = file.read().decode("utf-8", "replace").split("\0")[:-1]
        guest = parse_guest(arguments)
    except (OSError, ValueError):
        return None  # the process ended while it was read, or is no guest that QEMU itself would start
    if guest and guest["acceleration"] != "kvm" and _holds_kvm(folder):
        guest["acceleration"] = "kvm"
    return guest


def _holds_kvm(folder):
    """Whether the process has a virtual machine open in the kernel: decisive where the command line is not."""
    try:
        names = os.listdir(os.path.join(folder, "fd"))
    except OSError:
        return False
    for name in names:
        try:
            if os.readlink(os.path.join(folder, "fd", name)) == "anon_inode:kvm-vm":
                return True
        except OSError:
            continue
    return False


def _options(arguments):
    """Last value of each option; an option without a value has an empty one."""
    options = {}
    for index, argument in enumerate(arguments):
        if argument.startswith("-"):
            after = arguments[index + 1] if index + 1 < len(arguments) else ""
            name = argument.lstrip("-")
            # QEMU tries several -accel in order: the first is the one wanted.
            if name != "accel" or "accel" not in options:
                options[name] = "" if after.startswith("-") else after
    return options


def _option(text, key, first=False):
    """Value of `key` in "key=value,..."; with `first`, the leading part may stand without its key."""
    for index, part in enumerate(text.split(",")):
        name, equals, value = part.partition("=")
        if equals and name == key:
            return value
        if first and index == 0 and not equals and part:
            return part
    return None


def _acceleration(options, machine):
    if "enable-kvm" in options:
        return "kvm"
    named = _option(options.get("accel", ""), "accel", first=True) or _option(machine, "accel") or "tcg"
    return "kvm" if named.split(":")[0] == "kvm" else "tcg"
