package pulls_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/tailrace-go/tailrace/transport"
	"github.com/tailrace-go/tailrace/transport/carrier/carriertest"
	"github.com/tailrace-go/tailrace/transport/carrier/pulls"
	"github.com/tailrace-go/tailrace/transport/transporttest"
)

// TestCarrier: the suite of all carriers, in a bubble and in real time.
func TestCarrier(t *testing.T) {
	for name, bubble := range map[string]bool{"bubble": true, "real time": false} {
		t.Run(name, func(t *testing.T) {
			carriertest.Run(t, carriertest.Setup{
				Name: "asks", Bubble: bubble, Patience: time.Minute,
				Join: func(_ testing.TB, c *transporttest.Config) func(*transporttest.Page) {
					own := pulls.New("asks")
					c.Carrier = func(*pulls.Carrier) transport.Carrier { return own }
					c.Network = func(request []byte, _ func([]byte, func(int, []byte))) (
						status int, body []byte,
					) {
						done := make(chan struct{})
						own.Request(bytes.Clone(request), func(a pulls.Answer) {
							status, body = a.Status, bytes.Join(a.Body, nil)
							close(done)
						})
						<-done
						return status, body
					}
					return nil
				},
			})
		})
	}
}
