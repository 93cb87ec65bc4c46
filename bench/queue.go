// Package bench compares the ring with the ways in which people pass messages
// between goroutines today. Each queue owns a copy of each message (but
// chan-nocopy, which is marked), holds at most capacity bytes, blocks its senders
// when full, and is drained in batches by one consumer that looks at every message.
package bench

// capacity of each queue, in bytes of messages.
const capacity = 4 << 20

// header is what each message costs beside its payload where the queue keeps bytes.
const header = 8

// queue is one way to pass messages of one size from many senders to one consumer.
type queue interface {
	// send passes a copy of msg on. Any goroutine.
	send(msg []byte)
	// drain waits for messages, takes a batch, checks the length of each and
	// returns how many there were. One goroutine.
	drain() int
}

// kinds are the queues under their benchmark names, the ring first.
var kinds = []struct {
	name string
	make func(size int) queue
}{
	{"ring", newRingQueue},
	{"chan", newChanQueue},
	{"chan-nocopy", newChanNoCopyQueue},
	{"mutex-append", newMutexAppendQueue},
	{"mutex-slices", newMutexSlicesQueue},
	{"xsync", newXsyncQueue},
}

func checkLength(got, want int) {
	if got != want {
		panic("bench: message of the wrong length")
	}
}
