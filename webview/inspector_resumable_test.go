//go:build linux && cgo

package webview

import (
	"context"
	"fmt"
	"testing"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/webview/internal/inspector"
)

// inspectResumable: a resumable channel is drawn while there is one, and its figures are those of
// Stats.
func inspectResumable(t *testing.T, app *App, inspector, page *testPage) {
	t.Helper()
	const sent = 300
	section := func() (shown string) {
		inspector.run(
			`const at = document.querySelector('#resumables'); return at.offsetParent === null ?
				'' : at.textContent`, &shown)
		return shown
	}
	if got := section(); got != "" {
		t.Errorf("without a resumable channel: %q", got)
	}
	ch, err := transport.NewResumable[string](app.Engine(), "readings", transport.ResumableOptions{
		HistoryBytes: 256 << 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	// it reads nothing
	page.run(`globalThis.behind = await tailrace.resume('readings', { observer: true })`, nil)
	for n := range sent {
		if err := ch.Send(testContext(t), fmt.Sprintf("%0500d", n)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the figures of Stats", func() bool {
		st := app.Stats().Resumables[0]
		if st.Newest != sent || st.Oldest != 1 || len(st.Readers) != 1 || st.Readers[0].Lag == 0 ||
			st.RawBytes <= st.Bytes {
			t.Fatalf("%+v", st)
		}
		want := map[string]float64{
			"oldest": 1, "newest": sent, "kept": sent, "rawBytes": float64(st.RawBytes),
			"bytes":        float64(st.Bytes),
			"historyBytes": 256 << 10, "attached": 1, "lag": float64(st.Readers[0].Lag),
			"waiting":       0,
			"main observer": float64(st.Readers[0].Lag),
			"main consumed": float64(st.Readers[0].Consumed),
		}
		var got map[string]float64
		inspector.run(`const got = {};
			const readings = '[data-resumable=readings] [data-figure]';
			for (const { dataset } of document.querySelectorAll(readings))
				got[dataset.figure] = Number(dataset.value);
			for (const row of document.querySelectorAll('#resumables [data-reader]')) {
				const value = (name) =>
					Number(row.querySelector('[data-figure=' + name + ']').dataset.value);
				const part = row.querySelector('small').textContent;
				got[row.dataset.reader + ' ' + part] = value('lag');
				got[row.dataset.reader + ' consumed'] = value('consumed');
			}
			return got`, &got)
		return fmt.Sprint(got) == fmt.Sprint(want)
	})
	page.run(`behind.close()`, nil)
	eventually(t, "the reader's end", func() bool { return len(ch.Stats().Readers) == 0 })
	inspector.drawn()
	var readers int
	if inspector.run(`return document.querySelectorAll('[data-reader]').length`,
		&readers); readers != 0 {
		t.Errorf("%d readers are drawn after the last one has left", readers)
	}
	ch.Discard()
	inspector.drawn()
	if got := section(); got != "" {
		t.Errorf("after the last resumable channel: %q", got)
	}
}

// TestMaxInspected: the inspector lists as many channels as it may, and of resumable ones with
// their readers as many; it counts the others.
func TestMaxInspected(t *testing.T) {
	all := func(channels, readers int) (all []transport.ResumableStats) {
		for range channels {
			all = append(all, transport.ResumableStats{
				Readers: make([]transport.ReaderStats, readers),
			})
		}
		return all
	}
	for _, c := range []struct{ channels, readers, listed, last, more int }{
		{inspector.MaxListed - 1, 0, inspector.MaxListed - 1, 0, 0},
		{inspector.MaxListed, 0, inspector.MaxListed, 0, 0},
		{inspector.MaxListed + 1, 0, inspector.MaxListed, 0, 1},
		{1, inspector.MaxListed - 1, 1, inspector.MaxListed - 1, 0},
		{1, inspector.MaxListed, 1, inspector.MaxListed - 1, 0},
		{2, inspector.MaxListed - 1, 1, inspector.MaxListed - 1, 1},
		{2, inspector.MaxListed - 3, 2, 1, 0},
	} {
		listed, more := inspector.List(all(c.channels, c.readers))
		if len(listed) != c.listed || more != c.more {
			t.Fatalf("%+v: %d are listed, %d are not", c, len(listed), more)
		}
		if last := listed[len(listed)-1]; len(last.Readers) != c.last ||
			last.Attached != c.readers {
			t.Errorf("%+v: the last one has %d readers of %d", c, len(last.Readers), last.Attached)
		}
	}

	app := newApp(t, Options{}, func(e *transport.Engine) {
		transport.Handle(e, "keep", func(_ context.Context, a struct{ C *transport.Channel[int] }) (
			any, error) {
			a.C.Keep()
			return nil, nil
		})
	})
	page := openPage(t, app, WindowOptions{})
	open := 0
	for _, n := range []int{inspector.MaxListed - 1, inspector.MaxListed, inspector.MaxListed + 1} {
		page.run(fmt.Sprintf(`globalThis.kept ??= [];
			await Promise.all(Array.from({ length: %d }, () => {
				const C = new tailrace.Channel(() => {}); kept.push(C);
				return tailrace.invoke('keep', { C }) }))`, n-open), nil)
		open = n
		w := app.inspection().Windows[0]
		if listed := min(n, inspector.MaxListed); len(w.Channels) != listed || w.More != n-listed {
			t.Errorf("%d channels: %d are listed, %d are not", n, len(w.Channels), w.More)
		}
	}
}
