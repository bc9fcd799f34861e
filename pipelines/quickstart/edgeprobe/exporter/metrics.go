package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// answer is what a collector says to a query, as far as metrics need it.
type answer struct {
	Refused *int64
	Hosts   []host
}

type host struct {
	Host       string
	At         float64
	Processors struct{ Online int64 }
	Memory     struct{ TotalBytes, AvailableBytes int64 }
	Kvm        bool
	Guests     []json.RawMessage
}

// parse refuses what is no answer of a collector, and a host without a name.
func parse(text []byte) (*answer, error) {
	var found answer
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, fmt.Errorf("not an answer of a collector: %w", err)
	}
	if found.Refused == nil {
		return nil, fmt.Errorf("not an answer of a collector: it does not say how many frames were refused")
	}
	for index, one := range found.Hosts {
		if one.Host == "" {
			return nil, fmt.Errorf("host %d has no name", index)
		}
	}
	return &found, nil
}

// Each metric with its help text and what it reads from a host.
var gauges = []struct {
	name, help string
	value      func(host) float64
}{
	{"processors_online", "Processors that the host has online.", func(h host) float64 { return float64(h.Processors.Online) }},
	{"memory_bytes", "Memory that the host has.", func(h host) float64 { return float64(h.Memory.TotalBytes) }},
	{"memory_available_bytes", "Memory that is available for guests.", func(h host) float64 { return float64(h.Memory.AvailableBytes) }},
	{"kvm", "Whether the host can run guests by KVM.", func(h host) float64 { return truth(h.Kvm) }},
	{"guests", "Guests that run on the host.", func(h host) float64 { return float64(len(h.Guests)) }},
	{"report_timestamp_seconds", "When the host made its last report.", func(h host) float64 { return h.At }},
}

// metrics writes one block per metric with a line for each host, in the order of the answer.
func metrics(of *answer) []byte {
	var text []byte
	for _, gauge := range gauges {
		text = begin(text, "edgeprobe_host_"+gauge.name, gauge.help, "gauge")
		for _, one := range of.Hosts {
			text = append(text, "edgeprobe_host_"...)
			text = append(text, gauge.name...)
			text = append(text, `{host="`...)
			text = append(text, escaper.Replace(one.Host)...)
			text = append(text, `"} `...)
			text = number(text, gauge.value(one))
		}
	}
	text = begin(text, "edgeprobe_refused_frames_total", "Frames that the collector refused.", "counter")
	text = append(text, "edgeprobe_refused_frames_total "...)
	return number(text, float64(*of.Refused))
}

// Label values, as the text format 0.0.4 escapes them.
var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func begin(text []byte, name, help, kind string) []byte {
	return append(text, "# HELP "+name+" "+help+"\n# TYPE "+name+" "+kind+"\n"...)
}

func number(text []byte, value float64) []byte {
	return append(strconv.AppendFloat(text, value, 'g', -1, 64), '\n')
}

func truth(of bool) float64 {
	if of {
		return 1
	}
	return 0
}
