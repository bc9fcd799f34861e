// edgeprobe-exporter turns what a collector knows into metrics in the text format of Prometheus:
//
//	edgeprobe hosts --json | edgeprobe-exporter > /var/lib/prometheus/node-exporter/edgeprobe.prom
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	if err := export(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "edgeprobe-exporter:", err)
		os.Exit(1)
	}
}

// export writes all or nothing: half of the metrics would look like hosts that are gone.
func export(from io.Reader, to io.Writer) error {
	text, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	answer, err := parse(text)
	if err != nil {
		return err
	}
	_, err = to.Write(metrics(answer))
	return err
}
