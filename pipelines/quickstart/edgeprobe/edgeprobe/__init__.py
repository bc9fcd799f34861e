"""edgeprobe: capacity, topology and guests of KVM hosts, reported to a collector."""
