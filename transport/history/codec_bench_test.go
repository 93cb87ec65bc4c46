package history

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// What is usually streamed, by its form: each gives its n-th message.
var kinds = []struct {
	name string
	make func(r *rand.Rand, n int) []byte
}{
	{"telemetry JSON", telemetry},
	{"log lines", logLine},
	{"raw binary", samples},
}

// telemetry is a record of 8 readings that wander.
func telemetry(r *rand.Rand, n int) []byte {
	at := float64(n) / 300
	return fmt.Appendf(
		nil,
		`{"t":%d,"unit":"turbine-%d","seq":%d,"flow":%.3f,"head":%.3f,"rpm":%.1f,"power":%.2f,
			"temp":%.2f,"vibration":%.4f,"state":%q}`,
		1_760_000_000_000+int64(n)*10+r.Int64N(3), r.IntN(4), n,
		180+20*math.Sin(at)+r.NormFloat64(), 42+math.Cos(at)+r.NormFloat64()/10, 428.6+
			r.NormFloat64(), 71+8*math.Sin(at)+r.NormFloat64()/5,
		61+r.NormFloat64()/20, math.Abs(r.NormFloat64())/50, [...]string{
			"ok", "ok", "ok", "ok", "ok", "warn",
		}[r.IntN(6)])
}

// logLine is a line as a server writes them.
func logLine(r *rand.Rand, n int) []byte {
	paths := [...]string{"/api/v1/readings", "/api/v1/units", "/healthz", "/api/v1/alarms",
		"/static/app.js"}
	return fmt.Appendf(nil, "2026-03-%02dT%02d:%02d:%02d.%03dZ %s http: %s %s status=%d bytes=%d "+
		"took=%dus request=%016x",
		1+n/400_000, n/18_000%24, n/300%60, n/5%60, r.IntN(1000), [...]string{
			"INFO", "INFO", "INFO", "DEBUG", "WARN",
		}[r.IntN(5)],
		[...]string{"GET", "GET", "POST"}[r.IntN(3)], paths[r.IntN(len(paths))],
		[...]int{200, 200, 200, 304, 404}[r.IntN(5)], r.IntN(60_000), 80+r.IntN(9000), r.Uint64())
}

// samples are 128 readings of 16 bits: a wave with noise in its lowest bits.
func samples(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, 256)
	for i := range 128 {
		v := 12_000*math.Sin(float64(n*128+i)/90) + 40*r.NormFloat64()
		b = binary.LittleEndian.AppendUint16(b, uint16(int16(v)))
	}
	return b
}

// fillBlock fills a block of size bytes as a history does.
func fillBlock(size int, message func(*rand.Rand, int) []byte) (block []byte, messages int) {
	r := rand.New(rand.NewPCG(1, 2))
	for {
		m := message(r, messages)
		if len(block)+recordSize(len(m)) > size {
			return block, messages
		}
		block = appendRecord(block, m)
		messages++
	}
}

// codecs are those that were compared. None is what a history without compression would
// hold.
func codecs(b testing.TB) []codec {
	level := func(l zstd.EncoderLevel) func(dst, src []byte) []byte {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(l), zstd.WithEncoderConcurrency(1),
			zstd.WithEncoderCRC(false))
		if err != nil {
			b.Fatal(err)
		}
		return func(dst, src []byte) []byte { return w.EncodeAll(src, dst[:0]) }
	}
	reader, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(reader.Close)
	fromZstd := func(dst, src []byte) ([]byte, error) { return reader.DecodeAll(src, dst[:0]) }
	fromS2 := func(dst, src []byte) ([]byte, error) { return s2.Decode(dst[:cap(dst)], src) }
	toS2 := func(f func(dst, src []byte) []byte) func(dst, src []byte) []byte {
		return func(dst, src []byte) []byte { return f(dst[:cap(dst)], src) }
	}
	return []codec{
		{"S2", toS2(s2.Encode), fromS2},
		{"S2 better", toS2(s2.EncodeBetter), fromS2},
		{"S2 best", toS2(s2.EncodeBest), fromS2},
		{"zstd fastest", level(zstd.SpeedFastest), fromZstd},
		{"zstd default", level(zstd.SpeedDefault), fromZstd},
	}
}

type codec struct {
	name   string
	encode func(dst, src []byte) []byte
	decode func(dst, src []byte) ([]byte, error)
}

// BenchmarkHistoryCodecs compares what blocks of a history can be compressed with, by blocks of the
// history's size and a fourth and four times of it. ratio is how many times more messages fit than
// without compression; in-MB/s is the speed of compressing, which senders pay, out-MB/s that of
// reading back.
//
//	go test ./transport/history -run '^$' -bench HistoryCodecs -benchtime 200x
func BenchmarkHistoryCodecs(b *testing.B) {
	for _, m := range kinds {
		for _, size := range []int{
			BlockBytes / 4, BlockBytes, 4 * BlockBytes,
		} {
			raw, _ := fillBlock(size, m.make)
			for _, c := range codecs(b) {
				b.Run(fmt.Sprintf("%s/%dKiB/%s", m.name, size>>10, c.name), func(b *testing.B) {
					packed := c.encode(make([]byte, 0, 2*len(raw)), raw)
					buf := make([]byte, 0, 2*len(raw))
					var in, out float64
					for b.Loop() {
						start := b.Elapsed()
						c.encode(packed, raw)
						middle := b.Elapsed()
						if _, err := c.decode(buf, packed); err != nil {
							b.Fatal(err)
						}
						in += (middle - start).Seconds()
						out += (b.Elapsed() - middle).Seconds()
					}
					total := float64(b.N) * float64(len(raw)) / 1e6
					b.ReportMetric(total/in, "in-MB/s")
					b.ReportMetric(total/out, "out-MB/s")
					b.ReportMetric(float64(len(raw))/float64(len(packed)+blockCost), "ratio")
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}
