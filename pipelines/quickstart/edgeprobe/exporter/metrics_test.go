package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const node1 = `{"host": "node1", "at": 1767225600.5, "processors": {"online": 2, "model": "EPYC"},
	"memory": {"totalBytes": 1577009152, "availableBytes": 1305223168}, "kvm": true, "guests": [{"name": "web"}]}`

func answerOf(hosts ...string) string {
	return fmt.Sprintf(`{"refused": 3, "hosts": [%s]}`, strings.Join(hosts, ", "))
}

// verifies names the scenario of the requirement catalogue that a test proves.
func verifies(t *testing.T, scenario string) {
	t.Logf("[[PROPERTY|scenario=%s]]", scenario)
}

func exported(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := export(strings.NewReader(text), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestMetricsOfAHost(t *testing.T) {
	verifies(t, "EP-X1")
	said := exported(t, answerOf(node1))
	for name, value := range map[string]string{
		"processors_online":        "2",
		"memory_bytes":             "1.577009152e+09",
		"memory_available_bytes":   "1.305223168e+09",
		"kvm":                      "1",
		"guests":                   "1",
		"report_timestamp_seconds": "1.7672256005e+09",
	} {
		t.Run(name, func(t *testing.T) {
			line := fmt.Sprintf("edgeprobe_host_%s{host=\"node1\"} %s\n", name, value)
			if !strings.Contains(said, line) {
				t.Errorf("missing %q in\n%s", line, said)
			}
		})
	}
}

func TestEveryMetricIsDescribedOnce(t *testing.T) {
	verifies(t, "EP-X1")
	said := exported(t, answerOf(node1, strings.Replace(node1, "node1", "node2", 1)))
	if described := strings.Count(said, "# TYPE "); described != len(gauges)+1 {
		t.Errorf("%d metrics are described, not %d", described, len(gauges)+1)
	}
	if lines := strings.Count(said, "edgeprobe_host_memory_bytes{"); lines != 2 {
		t.Errorf("%d lines for two hosts", lines)
	}
}

func TestRefusedFramesAreCounted(t *testing.T) {
	verifies(t, "EP-X1")
	if said := exported(t, answerOf()); !strings.HasSuffix(said, "edgeprobe_refused_frames_total 3\n") {
		t.Errorf("not counted in\n%s", said)
	}
}

func TestNamesAreEscaped(t *testing.T) {
	verifies(t, "EP-X2")
	for name, written := range map[string]string{
		`a\"b`:         `a\"b`,
		`a\\b`:         `a\\b`,
		`a\nb`:         `a\nb`,
		`}\nevil{x=\"`: `}\nevil{x=\"`,
	} {
		t.Run(written, func(t *testing.T) {
			said := exported(t, answerOf(`{"host": "`+name+`"}`))
			if want := `edgeprobe_host_kvm{host="` + written + "\"} 0\n"; !strings.Contains(said, want) {
				t.Errorf("missing %q in\n%s", want, said)
			}
		})
	}
}

func TestWhatIsNoAnswerIsRefusedAsAWhole(t *testing.T) {
	verifies(t, "EP-X3")
	for title, text := range map[string]string{
		"nothing":             "",
		"another document":    `{"hosts": []}`,
		"a cut answer":        answerOf(node1)[:60],
		"a host without name": answerOf(node1, `{"kvm": true}`),
		"text for a number":   answerOf(`{"host": "a", "at": "now"}`),
	} {
		t.Run(title, func(t *testing.T) {
			var out bytes.Buffer
			if err := export(strings.NewReader(text), &out); err == nil || out.Len() > 0 {
				t.Errorf("error %v, and %d bytes were written", err, out.Len())
			}
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the pipe broke") }

func TestABrokenPipeIsAnError(t *testing.T) {
	verifies(t, "EP-X3")
	if err := export(broken{}, &bytes.Buffer{}); err == nil {
		t.Error("it was not told")
	}
}

// Because test2json of Go before 1.20 takes the line of a benchmark for output of the test before it.
func TestTheTimeOfAScrapeIsMeasured(t *testing.T) {
	verifies(t, "EP-X1")
	result := testing.Benchmark(BenchmarkExport)
	if result.N == 0 {
		t.Fatal("the benchmark failed")
	}
	t.Logf("[[MEASURE|scrape-of-1000-hosts=%.3f ms/op|lower]]", float64(result.NsPerOp())/1e6)
}

// BenchmarkExport is the time that a scrape of a thousand hosts costs.
func BenchmarkExport(b *testing.B) {
	hosts := make([]string, 1000)
	for index := range hosts {
		hosts[index] = strings.Replace(node1, "node1", fmt.Sprintf("node%d", index), 1)
	}
	text := answerOf(hosts...)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	b.ResetTimer()
	for turn := 0; turn < b.N; turn++ {
		var out bytes.Buffer
		if err := export(strings.NewReader(text), &out); err != nil {
			b.Fatal(err)
		}
	}
}
