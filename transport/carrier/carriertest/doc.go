// Package carriertest tests carriers: what each transport.Carrier must do, whatever it carries
// batches over. Whoever writes one calls [Run] in a test:
//
//	func TestCarrier(t *testing.T) {
//		carriertest.Run(t, carriertest.Setup{
//			Name: "mine",
//			Join: func(t testing.TB, c *transporttest.Config) func(*transporttest.Page) {
//				carrier, way := newCarrier(t)
//				c.Carrier = func(p *pulls.Carrier) transport.Carrier {
//					return carrier.beside(p)
//				}
//				c.Send = way.send // the page's batches; false once the way has ended
//				return func(p *transporttest.Page) { way.receive(p.Handle) }
//			},
//		})
//	}
//
// A page learns of the end by a request that Send does not take. So the carrier binds and closes
// the *pulls.Carrier in its own Bind and Close, as that of shared memory does. A carrier of
// requests alone sets Config.Network instead. transport/WIRE.md has what a batch looks like.
//
// Each case opens sessions on the carrier, with the page's half in Go (package transporttest), and
// stands between the session and the carrier, so that it sees what each asks of the other. It
// checks what arrives, message by message: in order, exactly once, intact, both ways; what a page
// that does not read, stands still or breaks a rule does to others; the end from either side; and
// that nothing is left: no memory, no request, no goroutine.
package carriertest
