module github.com/tailrace-go/tailrace/ring/linearizability

go 1.25

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/tailrace-go/tailrace v0.0.0
)

replace github.com/tailrace-go/tailrace => ../..
