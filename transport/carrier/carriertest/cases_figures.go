package carriertest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// A session's figures and its log say which carrier it has, and why, when that is settled.
func figures(t testing.TB, s Setup) {
	st := open(t, s, transport.Options{}, func(e *transport.Engine) {
		transport.Handle(e, "id", func(_ context.Context, n int) (int, error) { return n, nil })
	}, nil)
	if r, err := st.page.Invoke(transporttest.Request{Command: "id", Args: 7}); err != nil ||
		string(r.Data) != "7" {
		t.Fatal(r, err)
	}
	if err := st.session.Flush(st.soon()); err != nil {
		t.Fatal(err)
	}
	if settled, ok := st.watch.inner.(settler); ok {
		if !st.eventually("the carrier is settled", settled.Settled) {
			return
		}
	}
	stats := st.session.Stats()
	if stats.Carrier != s.Name || stats.Batches == 0 || stats.Bytes == 0 ||
		stats.ReceivedBatches == 0 || stats.Unreceipted != 0 {
		t.Errorf("of the carrier %q the figures are %+v", s.Name, stats)
	}
	want := "carrier=" + s.Name
	if r, ok := st.watch.inner.(reasoner); ok {
		if stats.Reason == "" || stats.Reason != r.Reason() {
			t.Errorf("the reason is %q, and %q in the figures", r.Reason(), stats.Reason)
		}
		want += fmt.Sprintf(" reason=%q", stats.Reason)
	}
	if !st.eventually("the log says which carrier it is", func() bool {
		return len(st.log.with("carrier=")) > 0
	}) {
		return
	}
	if told := st.log.with("carrier="); len(told) != 1 || !strings.Contains(told[0], want) {
		t.Errorf("the log says %q, want one line with %q", told, want)
	}
	st.watch.mu.Lock()
	defer st.watch.mu.Unlock()
	if n := st.watch.settled; n != "" && n != s.Name {
		t.Errorf("when it was settled, the carrier was %q; it is %q", n, s.Name)
	}
}
