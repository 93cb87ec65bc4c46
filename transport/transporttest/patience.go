package transporttest

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrPatience is what was waited for, and did not come within Config.Patience. The error's text
// says what.
var ErrPatience = errors.New("transporttest: nothing came")

// defaultPatience is Config.Patience's default.
const defaultPatience = 2 * time.Minute

// await waits until ok, which cond tells of, or until the page's patience is over. The caller holds
// mu. Without an end of its own a wait for what does not come would never end in a bubble of
// synctest: the pulls that are held keep its time passing.
func (p *Page) await(cond *sync.Cond, ok func() bool, what func() string) error {
	if ok() {
		return nil
	}
	over := false
	if p.config.Patience > 0 {
		t := time.AfterFunc(p.config.Patience, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			over = true
			cond.Broadcast()
		})
		defer t.Stop()
	}
	for !ok() {
		if over {
			return p.impatient(what())
		}
		cond.Wait()
	}
	return nil
}

// impatient is the error of a wait that has ended. The caller holds mu.
func (p *Page) impatient(what string) error {
	stalled := ""
	if p.down.stalled {
		stalled = "; the page stands still: Stall(false) lets it go on"
	}
	return fmt.Errorf("%w in %v: waited for %s%s", ErrPatience, p.config.Patience, what, stalled)
}
