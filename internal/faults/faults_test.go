package faults

import (
	"bytes"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// got is what a page gets.
type got struct {
	status int
	body   string
}

// ask has a batch answered, and gives what the page gets once everything has come.
func ask(i *Injector, session, up, down string) (answer got, lost bool) {
	e, lost := i.Begin(Request{Label: "main", Session: session, Path: "batch", Up: []byte(up)})
	if lost {
		return got{}, true
	}
	status := http.StatusOK
	if down == "" {
		status = http.StatusNoContent
	}
	e.Answer(status, []byte(down), func(status int, body []byte) {
		answer = got{status, string(body)}
	})
	return answer, false
}

func always(up, down []byte) bool { return true }

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		kind   Kind
		answer got
		lost   bool
	}{
		{Fail, got{Failed, ""}, false},
		{Empty, got{200, ""}, false},
		{Cut, got{200, "12345"}, false},
		{LostAnswer, got{Failed, ""}, false},
		{LostRequest, got{}, true},
	} {
		var hits []Hit
		i := New(Options{OnHit: func(h Hit) { hits = append(hits, h) }})
		i.Arm(c.kind, "main", always)
		up := string(bytes.Repeat([]byte{1}, 2*headerBytes))
		answer, lost := ask(i, "s", up, "1234567890")
		if answer != c.answer || lost != c.lost {
			t.Errorf("%v: %+v, lost %v", c.kind, answer, lost)
		}
		if len(hits) != 1 || hits[0].Kind != c.kind || string(hits[0].Up) != up ||
			i.Count(c.kind) != 1 || i.Faults() != 1 {
			t.Errorf("%v: told of %+v", c.kind, hits)
		}
		if answer, lost := ask(i, "s", up, "next"); lost || answer != (got{200, "next"}) {
			t.Errorf("%v: after it: %+v, lost %v", c.kind, answer, lost)
		}
	}
}

func TestDuplicate(t *testing.T) {
	i := New(Options{})
	i.Arm(Duplicate, "main", func(_, down []byte) bool { return len(down) > 0 })
	for n, c := range []struct{ session, down, want string }{
		{"s", "", ""},
		{"s", "one", "one"},
		{"s", "", ""}, // does not fit
		{"s", "two", "one"},
		{"s", "three", "three"},
	} {
		if answer, _ := ask(i, c.session, "", c.down); answer.body != c.want {
			t.Errorf("answer %d: %q, want %q", n, answer.body, c.want)
		}
	}
	if n := i.Count(Duplicate); n != 1 {
		t.Errorf("%d hits", n)
	}
	i.Arm(Duplicate, "main", always)
	ask(i, "s", "", "of the old page")
	i.Disarm()
	if answer, _ := ask(i, "another", "", "new"); answer.body != "new" {
		t.Errorf("another session got %q", answer.body)
	}
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := New(Options{})
		i.Arm(Delay, "main", always)
		e, _ := i.Begin(Request{Label: "main", Path: "batch"})
		begin := time.Now()
		answered := make(chan time.Duration, 1)
		e.Answer(200, []byte("late"), func(status int, body []byte) {
			if status != 200 || string(body) != "late" {
				t.Errorf("status %d, %q", status, body)
			}
			answered <- time.Since(begin)
		})
		if after := <-answered; after < shortestDelay || after > longestDelay {
			t.Errorf("answered after %v", after)
		}
	})
}

// A refusal reaches the page as it is.
func TestRefusals(t *testing.T) {
	i := New(Options{})
	for _, k := range Requests {
		if k == LostRequest {
			continue
		}
		i.Arm(k, "main", always)
		e, _ := i.Begin(Request{Label: "main", Path: "batch"})
		var answer got
		e.Answer(http.StatusGone, []byte("over"), func(status int, body []byte) {
			answer = got{status, string(body)}
		})
		if answer != (got{http.StatusGone, "over"}) {
			t.Errorf("%v: %+v", k, answer)
		}
	}
}

func TestRate(t *testing.T) {
	run := func(seed uint64) (kinds []Kind) {
		i := New(Options{Seed: seed, Rate: 0.1, OnHit: func(h Hit) {
			kinds = append(kinds, h.Kind)
		}})
		for range 10_000 {
			e, lost := i.Begin(Request{Label: "main", Path: "batch", Up: make([]byte, 100)})
			if !lost {
				e.Answer(200, make([]byte, 100), func(int, []byte) {})
			}
		}
		if n := i.Faults(); n < 800 || n > 1200 || i.Requests() != 10_000 {
			t.Errorf("%d faults in %d requests", n, i.Requests())
		}
		return kinds
	}
	one, again, other := run(1), run(1), run(2)
	if len(one) != len(again) || len(one) == 0 {
		t.Fatalf("%d faults, then %d", len(one), len(again))
	}
	same := len(one) == len(other)
	for n := range one {
		if one[n] != again[n] {
			t.Fatalf("fault %d is %v, then %v, with the same seed", n, one[n], again[n])
		}
		same = same && one[n] == other[n]
	}
	if same {
		t.Error("another seed makes the same faults")
	}
}

func TestDown(t *testing.T) {
	i := New(Options{})
	if i.Down("main") {
		t.Error("there was shared memory")
	}
	n := 0
	i.Shared("main", func(string) { n++ })
	if !i.Down("main") || i.Down("main") || n != 1 || i.Count(CarrierLost) != 1 {
		t.Errorf("called %d times, counted %d", n, i.Count(CarrierLost))
	}
}
