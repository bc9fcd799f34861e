module edgeprobe/exporter

go 1.19
