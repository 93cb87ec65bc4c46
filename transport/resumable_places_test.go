package transport

import (
	"fmt"
	"testing"
)

// TestMaxPlaces: so many windows' places are kept; for one more the one goes that was not used for
// the longest time, and of those that are attached none.
func TestMaxPlaces(t *testing.T) {
	key := func(n int) place { return place{label: fmt.Sprint("w", n)} }
	p := &places{stops: map[place]*stop{key(0): {reader: new(reader)}}, clock: 1}
	for n := 1; n < maxPlaces; n++ {
		p.forget()
		p.stops[key(n)] = &stop{at: p.clock}
		p.clock++
	}
	for n := range 3 {
		if len(p.stops) != maxPlaces {
			t.Fatalf("%d places are kept", len(p.stops))
		}
		p.forget()
		if len(p.stops) != maxPlaces-1 || p.stops[key(n+1)] != nil || p.stops[key(0)] == nil {
			t.Errorf("%d places are left, the oldest is there: %v", len(p.stops),
				p.stops[key(n+1)] != nil)
		}
		p.stops[key(maxPlaces+n)] = &stop{at: p.clock}
		p.clock++
	}
}
