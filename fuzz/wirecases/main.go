// Wirecases writes inputs for a decoder of the wire, with what Go's decoder makes of each: one JSON
// object a line,
//
//	{"up": false, "batch": "…base64…", "verdict": "whole", "digest": "…"}
//
// The verdict is whole, lost (as if it had not come) or broken (a rule); digest is Digest of a
// whole batch. The first inputs are the golden vectors and the fuzzer's corpus, the others are made
// from them and from random batches; the seed is printed to standard error, and gives the same ones
// again.
//
//	go run ./fuzz/wirecases [-seed N] [-cases N] [FOLDER of a Go fuzz corpus …]
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tailrace-go/tailrace/internal/wire"
)

func main() {
	log.SetFlags(0)
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of the inputs that are made")
	cases := flag.Int("cases", 20_000, "how many inputs to write")
	golden := flag.String("golden", "internal/wire/testdata/golden", "folder of the golden vectors")
	flag.Parse()
	log.Printf("wirecases: -seed %d -cases %d", *seed, *cases)
	pool, err := known(*golden, flag.Args())
	if err != nil {
		log.Fatal(err)
	}
	out := bufio.NewWriter(os.Stdout)
	encode := json.NewEncoder(out)
	m := maker{rand.New(rand.NewPCG(*seed, 1)), pool}
	for i := range max(*cases, len(pool)) {
		in := m.next()
		if i < len(pool) {
			in = pool[i]
		}
		if err := encode.Encode(judge(in)); err != nil {
			log.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}

// input is the bytes of a batch and who sent it.
type input struct {
	raw []byte
	up  bool
}

// verdict is what Go's decoder makes of one.
type verdict struct {
	Up      bool   `json:"up"`
	Batch   string `json:"batch"`
	Verdict string `json:"verdict"`
	Digest  string `json:"digest,omitempty"`
}

func judge(in input) verdict {
	v := verdict{Up: in.up, Batch: base64.StdEncoding.EncodeToString(in.raw)}
	d := wire.Down
	if in.up {
		d = wire.Up
	}
	switch b, err := wire.Decode(in.raw, d); {
	case errors.Is(err, wire.ErrLost):
		v.Verdict = "lost"
	case err != nil:
		v.Verdict = "broken"
	default:
		v.Verdict, v.Digest = "whole", digest(b)
	}
	return v
}

// digest sums up all that was decoded: numbers as little-endian words of 64 bits, payloads as they
// are.
func digest(b *wire.Batch) string {
	h := sha256.New()
	words(h, b.Number, b.Receipt, uint64(b.Selective), uint64(b.Slot), uint64(b.Request),
		uint64(b.Hold))
	for _, c := range b.Credits {
		words(h, uint64(c.Lane), c.Total)
	}
	for i := range b.Runs {
		r := &b.Runs[i]
		words(h, uint64(r.Lane), uint64(r.Count), r.First, uint64(r.Align))
		_ = r.Each(func(f wire.Frame, stride int) error {
			words(h, uint64(f.Kind), uint64(stride), uint64(len(f.Payload)))
			h.Write(f.Payload)
			if f.Kind == wire.Event {
				whole := uint64(0)
				if _, err := wire.DecodeEvent(f.Payload); err == nil {
					whole = 1
				}
				words(h, whole)
			}
			return nil
		})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func words(h hash.Hash, numbers ...uint64) {
	var b []byte
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	h.Write(b)
}

// known reads the golden vectors, and corpora of fuzz targets whose first value is a batch.
func known(golden string, corpora []string) ([]input, error) {
	var all []input
	files, err := filepath.Glob(filepath.Join(golden, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("wirecases: no golden vectors in %s", golden)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var v struct{ Direction, Hex string }
		if err := json.Unmarshal(data, &v); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		raw, err := hex.DecodeString(v.Hex)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, input{raw, v.Direction == "up"})
	}
	for _, folder := range corpora {
		files, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			data, err := os.ReadFile(filepath.Join(folder, f.Name()))
			if err != nil {
				return nil, err
			}
			lines := strings.Split(string(data), "\n")
			if len(lines) < 2 || !strings.HasPrefix(lines[1], "[]byte(") {
				continue
			}
			text, err := strconv.Unquote(strings.TrimSuffix(strings.TrimPrefix(lines[1], "[]byte("),
				")"))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name(), err)
			}
			for _, up := range []bool{false, true} {
				all = append(all, input{[]byte(text), up})
			}
		}
	}
	return all, nil
}
