package transporttest

import (
	"fmt"
	"time"

	"github.com/tailrace-go/tailrace/transport"
)

// leftTime is how long commands may take to return when their session has ended.
const leftTime = 10 * time.Second

// Leftovers ends the session, and says what of it is left in its figures when its commands have
// returned: nothing may. It waits 10 seconds for that.
func Leftovers(s *transport.Session) error {
	s.End("the test is over")
	for waited := time.Duration(0); ; waited += time.Millisecond {
		err := left(s)
		if err == nil || waited >= leftTime {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

func left(s *transport.Session) error {
	st := s.Stats()
	c := &st.Channels
	if st.Running == 0 && st.Lanes == 0 && st.Memory == 0 && st.Unreceipted == 0 &&
		c.Depth == 0 && c.Lag == 0 && c.Waiting == 0 && c.Unread == 0 && st.Control.Depth == 0 &&
		st.Control.Waiting == 0 {
		return nil
	}
	return fmt.Errorf("after its end the session has %+v", st)
}
