package bus_test

import (
	"encoding/json"
	"fmt"

	"github.com/tailrace-go/tailrace/bus"
	"github.com/tailrace-go/tailrace/transport"
)

// download is a tagged union: in the page's TypeScript
//
//	type DownloadEvent =
//	  | { event: 'started'; data: { url: string; downloadId: number; contentLength: number } }
//	  | { event: 'progress'; data: { downloadId: number; chunkLength: number } }
//	  | { event: 'finished'; data: { downloadId: number } };
//
// Each kind is a type in Go. MarshalJSON names it, UnmarshalJSON chooses the type by its name.
type download struct{ kind downloadKind }

type downloadKind interface{ event() string }

type started struct {
	URL           string `json:"url"`
	DownloadID    int    `json:"downloadId"`
	ContentLength int    `json:"contentLength"`
}

type progress struct {
	DownloadID  int `json:"downloadId"`
	ChunkLength int `json:"chunkLength"`
}

type finished struct {
	DownloadID int `json:"downloadId"`
}

func (started) event() string  { return "started" }
func (progress) event() string { return "progress" }
func (finished) event() string { return "finished" }

func (d download) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Event string       `json:"event"`
		Data  downloadKind `json:"data"`
	}{d.kind.event(), d.kind})
}

func (d *download) UnmarshalJSON(text []byte) error {
	var union struct {
		Event string          `json:"event"`
		Data  json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(text, &union); err != nil {
		return err
	}
	switch union.Event {
	case "started":
		return into[started](d, union.Data)
	case "progress":
		return into[progress](d, union.Data)
	case "finished":
		return into[finished](d, union.Data)
	}
	return fmt.Errorf("download event %q is unknown", union.Event)
}

func into[T downloadKind](d *download, data []byte) error {
	var v T
	err := json.Unmarshal(data, &v)
	d.kind = v
	return err
}

// A payload of several kinds is an object {event, data}. One listener hears all kinds, in their
// order.
func ExampleOn_taggedUnion() {
	engine, _ := transport.NewEngine(transport.Options{})
	b, _ := bus.New(engine, bus.Options{})
	done := make(chan struct{})
	_, _ = bus.On(b.At(bus.App), "download", func(_ bus.Event, d download) {
		switch v := d.kind.(type) {
		case started:
			fmt.Printf("%s has %d bytes\n", v.URL, v.ContentLength)
		case progress:
			fmt.Printf("%d bytes more\n", v.ChunkLength)
		case finished:
			fmt.Println("done")
			close(done)
		}
	})
	for _, kind := range []downloadKind{started{"https://tauri.app", 1, 1000}, progress{1, 150},
		progress{1, 850}, finished{1}} {
		if err := b.Emit("download", download{kind}); err != nil {
			fmt.Println(err)
		}
	}
	<-done
	text, _ := json.Marshal(download{progress{1, 15}})
	fmt.Printf("%s\n", text)
	// Output:
	// https://tauri.app has 1000 bytes
	// 150 bytes more
	// 850 bytes more
	// done
	// {"event":"progress","data":{"downloadId":1,"chunkLength":15}}
}

// A listener may end itself, by the id that its events bring.
func ExampleBus_Unlisten() {
	engine, _ := transport.NewEngine(transport.Options{})
	b, _ := bus.New(engine, bus.Options{})
	done := make(chan struct{})
	_, _ = b.Listen(bus.App, "status-changed", func(e bus.Event) {
		fmt.Println(string(e.Payload))
		if string(e.Payload) == `"ready"` {
			b.Unlisten(e.ID)
			close(done)
		}
	})
	for _, status := range []string{"starting", "ready", "busy"} {
		_ = b.Emit("status-changed", status)
	}
	<-done
	// Output:
	// "starting"
	// "ready"
}
