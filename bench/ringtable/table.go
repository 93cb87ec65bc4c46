package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// columns are the queues in the order of the table.
var columns = []string{"ring", "chan", "chan-nocopy", "mutex-append", "mutex-slices", "xsync"}

// slower is from which factor on a lost case is listed.
const slower = 1.1

// benchCase is one row.
type benchCase struct{ producers, size int }

// runs are the measurements of one queue in one case, one for each -count.
type runs struct {
	ns     []float64 // a message
	allocs []float64
}

// results are all measurements, and the cases in the order of the table.
type results struct {
	hardware []string // goos, goarch and cpu lines
	cases    []benchCase
	of       map[benchCase]map[string]*runs
}

var (
	benchLine = regexp.MustCompile(
		`^BenchmarkSend/([a-z-]+)/producers=(\d+)/size=(\d+)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op`)
	allocs   = regexp.MustCompile(`\s([\d.]+) allocs/op`)
	hardware = regexp.MustCompile(`^(goos|goarch|cpu): `)
)

func parse(in io.Reader) (*results, error) {
	r := &results{of: map[benchCase]map[string]*runs{}}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		if hardware.MatchString(line) && !slices.Contains(r.hardware, line) {
			r.hardware = append(r.hardware, line)
		}
		m := benchLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		var c benchCase
		c.producers, _ = strconv.Atoi(m[2]) // digits, by the expression
		c.size, _ = strconv.Atoi(m[3])
		ns, err := strconv.ParseFloat(m[4], 64)
		if err != nil {
			return nil, fmt.Errorf("failed to read %q: %w", line, err)
		}
		if r.of[c] == nil {
			r.of[c] = map[string]*runs{}
			r.cases = append(r.cases, c)
		}
		if r.of[c][m[1]] == nil {
			r.of[c][m[1]] = &runs{}
		}
		q := r.of[c][m[1]]
		q.ns = append(q.ns, ns)
		if a := allocs.FindStringSubmatch(line); a != nil {
			n, err := strconv.ParseFloat(a[1], 64)
			if err != nil {
				return nil, fmt.Errorf("failed to read %q: %w", line, err)
			}
			q.allocs = append(q.allocs, n)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("failed to read the benchmark's output: %w", err)
	}
	if len(r.cases) == 0 {
		return nil, fmt.Errorf("no BenchmarkSend results on standard input")
	}
	slices.SortFunc(r.cases, func(a, b benchCase) int {
		if a.size != b.size {
			return a.size - b.size
		}
		return a.producers - b.producers
	})
	return r, nil
}

// median returns the ns per message of a queue in a case.
func (r *results) median(c benchCase, queue string) (ns float64, ok bool) {
	q := r.of[c][queue]
	if q == nil {
		return 0, false
	}
	s := slices.Sorted(slices.Values(q.ns))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2, true
	}
	return s[len(s)/2], true
}

// betterMutex returns the faster of the two mutex queues in a case.
func (r *results) betterMutex(c benchCase) (queue string, ns float64, ok bool) {
	for _, q := range []string{"mutex-append", "mutex-slices"} {
		if n, has := r.median(c, q); has && (!ok || n < ns) {
			queue, ns, ok = q, n, true
		}
	}
	return queue, ns, ok
}

func (r *results) print(out io.Writer) {
	for _, line := range r.hardware {
		fmt.Fprintln(out, line)
	}
	fmt.Fprintln(out, "\nns per message, median; ratios are the ring's rate over the other's")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "size\tproducers\t%s\t/chan\t/better mutex\tring allocs\t\n",
		strings.Join(columns, "\t"))
	var lost []string
	for _, c := range r.cases {
		fmt.Fprintf(w, "%d\t%d\t", c.size, c.producers)
		for _, q := range columns {
			fmt.Fprintf(w, "%s\t", number(r.median(c, q)))
		}
		ring, hasRing := r.median(c, "ring")
		ch, hasChan := r.median(c, "chan")
		name, mutex, hasMutex := r.betterMutex(c)
		fmt.Fprintf(w, "%s\t%s\t%s\t\n", ratio(ch, ring, hasRing && hasChan),
			ratio(mutex, ring, hasRing && hasMutex), r.ringAllocs(c))
		if hasRing && hasMutex && ring > mutex*slower {
			lost = append(lost, fmt.Sprintf("%d B, %d producers: %.1f ns, %s %.1f ns (%.0f %% "+
				"slower)",
				c.size, c.producers, ring, name, mutex, (ring/mutex-1)*100))
		}
	}
	w.Flush()
	fmt.Fprintf(out, "\nring more than 10 %% slower than the better mutex queue: %d of %d cases\n",
		len(lost), len(r.cases))
	for _, l := range lost {
		fmt.Fprintln(out, "  "+l)
	}
}

func number(v float64, ok bool) string {
	if !ok {
		return "-"
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

func ratio(other, ring float64, ok bool) string {
	if !ok {
		return "-"
	}
	return fmt.Sprintf("%.2f", other/ring)
}

// ringAllocs returns the most allocations per message that any run of the ring had.
func (r *results) ringAllocs(c benchCase) string {
	q := r.of[c]["ring"]
	if q == nil || len(q.allocs) == 0 {
		return "-"
	}
	return strconv.FormatFloat(slices.Max(q.allocs), 'f', -1, 64)
}
