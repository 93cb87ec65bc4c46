package main

import (
	"context"
	"encoding/json"
	"math"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// pace is the time between two readings of the gauge.
const pace = 10 * time.Millisecond

// serve starts a WebSocket server on loopback: a gauge that sends its readings, and answers what it
// is told.
func serve() (url string, stop func() error, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := websocket.Accept(w, r, nil); err == nil {
			gauge(r.Context(), c)
		}
	})}
	go s.Serve(listener)
	return "ws://" + listener.Addr().String() + "/gauge", s.Close, nil
}

// message is what the gauge sends.
type message struct {
	N      int     `json:"n,omitempty"` // counts the readings
	Level  float64 `json:"level,omitempty"`
	Answer string  `json:"answer,omitempty"`
}

func gauge(ctx context.Context, c *websocket.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer c.CloseNow()
	send := func(m message) error {
		text, _ := json.Marshal(m)
		return c.Write(ctx, websocket.MessageText, text)
	}
	go func() {
		tick := time.NewTicker(pace)
		defer tick.Stop()
		for n := 1; ; n++ {
			x := float64(n) / 25
			if send(message{N: n, Level: 42 + math.Sin(x) + 0.4*math.Sin(3.7*x)}) != nil {
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		_, text, err := c.Read(ctx)
		switch {
		case err != nil:
			return // closed by the other side, whose close was answered
		case string(text) == "bye":
			c.Close(4000, "as you asked")
			return
		case send(message{Answer: strings.ToUpper(string(text))}) != nil:
			return
		}
	}
}
