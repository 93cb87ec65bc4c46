package ranked

// A Rank is the place of a lock in the order. Its type stands in the type of the Mutex.
type Rank interface{ rank() int }

// The ranks, from the one that is taken first on.
type (
	// Engine guards the list of an engine's sessions.
	Engine struct{}
	// Resumable guards a resumable channel, with its history and its readers.
	Resumable struct{}
	// Marks guards what credit means for one reader of a resumable channel.
	Marks struct{}
	// Receiving makes a session take apart one batch of its page at a time, in their order.
	Receiving struct{}
	// Receipts guards a session's batches without receipt.
	Receipts struct{}
	// Lanes guards a session's sums over the lanes that are gone.
	Lanes struct{}
	// Lane guards the slow path of one lane: its rings, its marks and its end.
	Lane struct{}
	// Inbox guards what a page has sent on one lane and nobody has received.
	Inbox struct{}
	// Leaf guards a list, a counter or a timer. Nothing else is locked under it but Budget.
	Leaf struct{}
	// Budget guards who waits for room in a session's memory.
	Budget struct{}
)

func (Engine) rank() int    { return 1 }
func (Resumable) rank() int { return 2 }
func (Marks) rank() int     { return 3 }
func (Receiving) rank() int { return 4 }
func (Receipts) rank() int  { return 5 }
func (Lanes) rank() int     { return 6 }
func (Lane) rank() int      { return 7 }
func (Inbox) rank() int     { return 8 }
func (Leaf) rank() int      { return 9 }
func (Budget) rank() int    { return 10 }
