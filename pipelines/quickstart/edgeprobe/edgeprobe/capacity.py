"""What a host has: processors, memory, NUMA nodes and KVM, read from /proc and /sys below a root folder."""

import os
import re
import stat

from .build_options import MEMINFO_UNIT


def parse_meminfo(text):
    """Bytes by name, such as {"MemTotal": 1577013248}. Lines without a size in kB are left out."""
    sizes = {}
    for line in text.splitlines():
        found = re.fullmatch(r"(\S+):\s+(\d+) kB", line.strip())
        if found:
            sizes[found[1]] = int(found[2]) * MEMINFO_UNIT
    return sizes


def parse_cpu_list(text):
    """Processor numbers of a kernel list such as "0-3,8"; an empty text is an empty list."""
    processors = []
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        processors.extend(range(int(first), int(last or first) + 1))
    return processors


def memory(root="/"):
    """Total and available memory in bytes."""
    sizes = parse_meminfo(_read(root, "proc/meminfo"))
    return {"totalBytes": sizes["MemTotal"], "availableBytes": sizes.get("MemAvailable", 0)}


def processors(root="/"):
    """Number of processors online and the model's name."""
    online = parse_cpu_list(_read(root, "sys/devices/system/cpu/online"))
    model = re.search(r"^model name\s*:\s*(.+)$", _read(root, "proc/cpuinfo"), re.MULTILINE)
    return {"online": len(online), "model": model[1].strip() if model else "unknown"}


def numa_nodes(root="/"):
    """Each NUMA node with its processors and memory; a kernel without NUMA has one node that holds everything."""
    folder = os.path.join(root, "sys/devices/system/node")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    numbers = sorted(int(name[4:]) for name in names if re.fullmatch(r"node\d+", name))
    if not numbers:
        online = parse_cpu_list(_read(root, "sys/devices/system/cpu/online"))
        return [{"node": 0, "processors": online, "memoryBytes": memory(root)["totalBytes"]}]
    return [_numa_node(root, number) for number in numbers]


def _numa_node(root, number):
    place = f"sys/devices/system/node/node{number}"
    # Lines of a node's meminfo read "Node 0 MemTotal: 1577013 kB".
    text = re.sub(r"^Node \d+ ", "", _read(root, f"{place}/meminfo"), flags=re.MULTILINE)
    return {
        "node": number,
        "processors": parse_cpu_list(_read(root, f"{place}/cpulist")),
        "memoryBytes": parse_meminfo(text)["MemTotal"],
    }


def kvm_present(root="/"):
    """Whether /dev/kvm is a character device."""
    try:
        return stat.S_ISCHR(os.stat(os.path.join(root, "dev/kvm")).st_mode)
    except OSError:
        return False


def _read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()
