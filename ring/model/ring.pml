/*
 * The protocol of package ring, for spin. check.sh runs it.
 *
 * What stands here is what the Go source does, one atomic operation a step. They are
 * sequentially consistent, as those of sync/atomic are. Work on what one process owns,
 * or on what mu guards, is merged with the step beside it.
 *
 *	here                     in the Go source
 *	tail, limit              Ring.tail (position, closedBit) and Ring.limit (position, waiting bits): one word
 *	                         each; positions count units, and don't wrap
 *	stamps, STAMP            Ring.stamps and Ring.stamp: lap, length and padding flag in one word
 *	attempt                  one round of the loop of Ring.take, and its stamp of the padding (claim.go)
 *	producer                 Ring.Claim or ClaimLow, then the copy, then Ring.Commit (claim.go)
 *	W1..W4, leaving          Ring.wait (wait.go), numbered as in its comment
 *	grant, serve             Ring.grant and Ring.serve (wait.go): the caller holds mu
 *	C1..C3                   Ring.Commit and Ring.ringAt (park.go), numbered as in the comment of Ring.Park
 *	doorbell                 Ring.ring (park.go)
 *	drainer                  Ring.Drain and Ring.skipPadding (drain.go), Ring.Park, P1 and P2, and Ring.Drained
 *	releaser, R1, R2         Ring.Release (drain.go), by another goroutine than the drainer
 *	closer                   Ring.Close (ring.go)
 *	canceller                whoever ends the context of a Claim
 *	bell                     the channel of capacity one that Options.Doorbell fills
 *
 * The ring has 4 units. Each of two producers makes CLAIMS claims of 2 units, the first of producer 1
 * has one, so that there is wrap padding; each claim waits when it must. What else there is,
 * check.sh switches on, since all at once is too much:
 *
 *	FULL_RING   at the start the ring is full, and its two runs are not released
 *	CANCEL      the context of a claim of producer 0 ends at any moment
 *	STALL       the releaser may stop for ever, as with a page that gives no more receipts
 *	CLOSE       Close comes at any moment
 *	LOW         producer 1 makes low claims, with a reserve of 1
 *
 * What is checked:
 *
 *	safety       A unit is written only when it is released, drained only when it is written, and
 *	             not touched by anybody else until its release (own). Each producer's
 *	             messages come out in order, each once (next), none missing (quiet). Nobody passes one who
 *	             already waits, unless that is a low claim and his is not (passes).
 *	wake-ups     In the process quiet, which runs when nothing else can: nobody sleeps who could go
 *	             on, the drainer only over an empty ring, and all that was committed is drained.
 *	close ends   There, with CLOSE, all are done. That every way comes there is the absence of
 *	             cycles: `pan -l` would report each, as no step is marked as progress.
 *	             So it holds under any scheduler, a fair one or not.
 *
 * Each BUG_ is a mistake that one could make; check.sh requires that pan finds it.
 */

#ifndef CLAIMS
#define CLAIMS 2
#endif
#define CAP 4
#ifndef LENGTH
#define LENGTH(p, i) ((p) == 1 && (i) == 0 -> 1 : 2)
#endif
#define SLOT(pos) ((pos) % CAP)

/* tail: position << 1 | closed. limit: position << 2 | waiting bits. */
#define T_POS(t) ((t) >> 1)
#define L_POS(l) ((l) >> 2)
#define WAITING 1
#define WAITING_LOW 2

/* A stamp: lap << 3 | length << 1 | padding. The length is never 0. */
#define STAMP(pos, size, padding) (((pos) / CAP << 3) | ((size) << 1) | (padding))
#define SIZE(s) (((s) >> 1) & 3)
#define PADDING(s) ((s) & 1)
#ifdef BUG_STAMP_WITHOUT_LAP
#define COMMITTED(s, pos) (SIZE(s) != 0)
#else
#define COMMITTED(s, pos) (SIZE(s) != 0 && (s) >> 3 == (pos) / CAP)
#endif

byte tail, limit = CAP << 2, drain;
byte stamps[CAP];
bit parked, bell, mu;

#ifdef BUG_CLOSE_BESIDE_TAIL
bit closed;
#define CLOSED(t) closed
#else
#define CLOSED(t) ((t) & 1)
#endif

/* Blocked producers. For each: what it wants, what it got, and its context. */
chan ordinary = [2] of { bit };
chan low = [2] of { bit };
byte need[2], granted[2];
bit ready[2], refused[2], ended[2];

/* Runs that are drained and not released. */
chan runs = [2 + 2 * CLAIMS] of { byte, byte };

#ifdef LOW
#define IS_LOW(p) ((p) == 1)
#define KEEP(p) ((p) == 1)
#define REFUSE(p) ((p) == 1 -> WAITING | WAITING_LOW : WAITING)
#define PASSABLE(p) ((p) == 1)
#else
#define IS_LOW(p) false
#define KEEP(p) 0
#define REFUSE(p) WAITING
#define PASSABLE(p) false
#endif
#ifdef BUG_NEWCOMER_PASSES
#undef REFUSE
#define REFUSE(p) 0
#endif

#define FREE 0
#define WRITTEN 1
#define DRAINED 2
byte own[CAP], text[CAP]; /* whose each unit is, and what is written in it */
byte sent[2], next[2];
bit finished[2], drainer_finished;

/* Results of attempt. */
#define OK 0
#define FULL 1
#define ENDED 2
#define AGAIN 3

#define LOCK mu == 0 -> mu = 1
#define UNLOCK mu = 0

#define WAITS(p) (ordinary??[eval(p)] || low??[eval(p)])
#define WAITS_BEFORE(p) (WAITS(1 - p) && !PASSABLE(1 - p))

#define PAD(t, n) (CAP - SLOT(T_POS(t)) < n -> CAP - SLOT(T_POS(t)) : 0)
/* A difference of unsigned words: below zero it is large. */
#define NO_ROOM(t, l, need) (L_POS(l) >= T_POS(t) && (need) > L_POS(l) - T_POS(t))

#ifdef BUG_LIMIT_BEFORE_TAIL
inline load_tail() { atomic { second = limit; result = AGAIN } }
#define LIMIT second
#else
inline load_tail() { atomic { first = tail; result = (CLOSED(first) -> ENDED : AGAIN) } }
#define LIMIT limit
#endif

/*
 * One round of Ring.take's loop, behind load_tail. Sets result, AGAIN where the swap failed, and at.
 * passes: as limit was looked at, somebody waited who may not be passed.
 */
inline attempt(n, keep, refuse, before) {
	do
	:: result == ENDED -> first = 0; break
	:: atomic {
			result == AGAIN ->
#ifdef BUG_LIMIT_BEFORE_TAIL
			first = tail;
#endif
			pad = PAD(first, n);
			passes = before;
			result = ((LIMIT & (refuse)) || NO_ROOM(first, LIMIT, pad + n + keep) -> FULL : AGAIN);
			if
			:: result == FULL -> first = 0; pad = 0; passes = 0; break
			:: else
			fi
		};
		atomic {
			d_step {
				if
				:: tail == first ->
					assert(!(passes && before));
					tail = first + ((pad + n) << 1);
					at = T_POS(first) + pad;
					result = OK;
					pad = (pad -> STAMP(T_POS(first), pad, 1) : 0)
				:: else -> pad = 0
				fi;
				first = (pad -> T_POS(first) : 0);
				passes = 0
			};
			if
			:: !pad -> break
			:: else
			fi
		};
		d_step { stamps[SLOT(first)] = pad; pad = 0; first = 0 };
		break
	od
}

/* At the end mu is unlocked, by the last step that needs it. */
inline serve(queue, which, keep, last) {
	do
	:: atomic { nempty(queue) -> queue?<w>; load_tail() };
		attempt(need[w], keep, 0, false);
		if
		:: result == AGAIN
		:: result == FULL -> atomic { all = 0; w = 0; result = 0; UNLOCK }; break
		:: else -> d_step { queue?w; granted[w] = at; refused[w] = (result == ENDED); ready[w] = 1; at = 0; w = 0; result = 0 }
		fi
	:: atomic {
			empty(queue) -> limit = limit & ~which;
			if
			:: last -> UNLOCK
			:: else -> all = 1
			fi
		};
		break
	od
}

/* The caller holds mu; here it is let go. */
inline grant() {
#if defined(LOW) && !defined(BUG_LOW_FORGOTTEN)
	serve(ordinary, WAITING, 0, false);
	if
	:: all -> all = 0; serve(low, WAITING_LOW, 1, true)
	:: else
	fi
#else
	serve(ordinary, WAITING, 0, true)
#endif
}

#ifdef BUG_LIMIT_BEFORE_TAIL
#define LOCALS byte result, first, pad, at, second; bit passes, w, all, rung
#else
#define LOCALS byte result, first, pad, at; bit passes, w, all, rung
#endif

inline announce() {
	if
	:: IS_LOW(p) -> limit = limit | WAITING_LOW
	:: else -> limit = limit | WAITING
	fi
}

/* Sets result to OK, with at, or to ENDED, or to AGAIN where the context ended. */
inline wait() {
	atomic {
		LOCK; /* W1 */
#ifndef BUG_WAITING_BIT_LATE
		announce() /* W2 */
#endif
	};
	atomic { /* W3 */
		need[p] = n;
		result = 0;
		if
		:: IS_LOW(p) -> low!p; rung = low?[eval(p)]
		:: else -> ordinary!p; rung = ordinary?[eval(p)]
		fi;
#ifdef BUG_WAIT_WITHOUT_RECHECK
		rung = 0;
#endif
		if
		:: rung -> rung = 0
		:: else -> UNLOCK; goto sleep /* W4 */
		fi
	};
	grant();
sleep:
#ifdef BUG_WAITING_BIT_LATE
	atomic {
		if
		:: WAITS(p) -> announce()
		:: else
		fi
	};
#endif
end:	if
	:: ready[p] -> goto served
	:: ended[p] ->
		atomic {
			LOCK;
			ended[p] = 0;
			if
			:: WAITS(p) ->
				if
				:: IS_LOW(p) -> low??eval(p)
				:: else -> ordinary??eval(p)
				fi;
				need[p] = 0
			:: else -> UNLOCK; goto meanwhile
			fi
		};
#ifdef BUG_LEAVE_KEEPS_TURN
		UNLOCK;
#else
		grant();
#endif
		goto left
	fi;
meanwhile:
	ready[p];
served:
	atomic {
		at = granted[p];
		result = (refused[p] -> ENDED : OK);
		ready[p] = 0; refused[p] = 0; granted[p] = 0; need[p] = 0
	}
}

/* The swap of 1 to 0, which lets one ring. The look before it adds nothing. */
inline doorbell() {
	atomic {
		if
		:: parked -> parked = 0
		:: else -> goto rung_by_other
		fi
	};
	bell = 1;
rung_by_other:
	skip
}

proctype producer(bit p) {
	LOCALS;
	byte n, i, d;

	do
	:: i == CLAIMS -> break
	:: else ->
		d_step { n = LENGTH(p, i); i++ };
again:
		load_tail();
		attempt(n, KEEP(p), REFUSE(p), WAITS_BEFORE(p));
		if
		:: result == AGAIN -> goto again
		:: result == FULL -> wait()
		:: else
		fi;
		if
		:: result == ENDED -> break
		:: else
		fi;
#ifdef BUG_COMMIT_LOOKS_FIRST
		rung = parked;
#define LOOKED rung
#else
#define LOOKED parked
#endif
		d_step { /* the copy, into what is ours, and C1 */
			assert(own[SLOT(at)] == FREE);
			own[SLOT(at)] = WRITTEN;
			text[SLOT(at)] = p << 3 | sent[p];
			if
			:: n == 2 ->
				assert(own[SLOT(at + 1)] == FREE);
				own[SLOT(at + 1)] = WRITTEN;
				text[SLOT(at + 1)] = p << 3 | sent[p]
			:: else
			fi;
			sent[p]++;
			stamps[SLOT(at)] = STAMP(at, n, 0)
		};
		if
		:: atomic { LOOKED -> rung = 0 }; /* C2 */
			d = drain;
			atomic {
#ifndef BUG_BELL_IGNORES_PADDING
				d = (COMMITTED(stamps[SLOT(d)], d) && PADDING(stamps[SLOT(d)]) -> d + SIZE(stamps[SLOT(d)]) : d);
#endif
				if
				:: d == at -> d = 0
				:: else -> d = 0; goto left
				fi
			};
			doorbell() /* C3 */
		:: else
		fi;
left:
		atomic { result = 0; n = 0; at = 0 }
	od;
	finished[p] = 1
}

proctype drainer() {
	byte start = drain, pos = drain, s, k; /* start is drain, which nobody else changes */

	do
	::	do
		::	atomic { /* skipPadding's look and Drain's first are one here: a look that finds nothing changes nothing */
				s = stamps[SLOT(pos)];
				if
				:: COMMITTED(s, pos) && PADDING(s) && pos == start -> pos = pos + SIZE(s); start = pos; drain = pos
				:: COMMITTED(s, pos) && !PADDING(s) ->
					k = text[SLOT(pos)];
					assert(own[SLOT(pos)] == WRITTEN && (k & 7) == next[k >> 3]);
					own[SLOT(pos)] = DRAINED;
					if
					:: SIZE(s) == 2 ->
						assert(own[SLOT(pos + 1)] == WRITTEN && text[SLOT(pos + 1)] == k);
						own[SLOT(pos + 1)] = DRAINED
					:: else
					fi;
					next[k >> 3]++;
					pos = pos + SIZE(s);
					k = 0;
					if
					:: SLOT(pos) == 0 -> s = 0; break
					:: else
					fi
				:: else -> s = 0; break
				fi;
				s = 0
			}
		od;
		if
		:: pos != start -> d_step { drain = pos; runs!start, pos; start = pos }
		:: else ->
			parked = 1; /* P1 */
#ifndef BUG_PARK_WITHOUT_RECHECK
			if
			:: COMMITTED(stamps[SLOT(start)], start) -> parked = 0 /* P2 */
			:: else ->
#endif
#ifdef CLOSE
				if
				:: CLOSED(tail) && T_POS(tail) == start -> parked = 0; break
				:: else ->
#endif
end:				atomic { bell -> bell = 0 }
#ifdef CLOSE
				fi
#endif
#ifndef BUG_PARK_WITHOUT_RECHECK
			fi
#endif
		fi
	od;
	drainer_finished = 1
}

/* The run is read until the moment of its release. */
inline read_run() {
	do
	:: from == to -> break
	:: else ->
		assert(own[SLOT(from)] == DRAINED);
		own[SLOT(from)] = FREE;
		text[SLOT(from)] = 0;
		from++
	od
}

proctype releaser() {
	LOCALS;
	byte from, to;

end:	do
	:: runs?from, to ->
#ifdef STALL
		if
		:: goto stalled
		:: true
		fi;
#endif
		d_step { /* R1, which returns the bits. Padding goes with the run behind it. */
#ifndef BUG_RELEASE_BEFORE_READ
			read_run();
#endif
			w = (limit & (WAITING | WAITING_LOW)) != 0;
			limit = (to + CAP) << 2 | (limit & (WAITING | WAITING_LOW))
		};
#ifdef BUG_RELEASE_BEFORE_READ
		d_step { read_run() };
#endif
#ifdef BUG_RELEASE_WAKES_NOBODY
		w = 0;
#endif
		if
		:: w -> atomic { LOCK; w = 0 }; grant() /* R2 */
		:: else
		fi;
		atomic { from = 0; to = 0 }
	od;
stalled: skip
}

#ifdef CLOSE
proctype closer() {
	LOCALS;

#ifdef BUG_CLOSE_BESIDE_TAIL
	closed = 1;
#else
	tail = tail | 1;
#endif
#ifndef BUG_CLOSE_WAKES_NOBODY
	atomic { LOCK };
	grant();
#endif
#ifndef BUG_CLOSE_RINGS_NOT
	doorbell()
#endif
}
#endif

#ifdef CANCEL
proctype canceller() { ended[0] = 1 }
#endif

#define FITS(p) (PAD(tail, need[p]) + need[p] + KEEP(p) <= L_POS(limit) - T_POS(tail))
#define HEAD_FITS(q) ((q?[0] && FITS(0)) || (q?[1] && FITS(1)))

proctype quiet() {
	timeout ->
	assert(mu == 0);
	assert(T_POS(tail) == drain && next[0] == sent[0] && next[1] == sent[1]);
	assert(CLOSED(tail) == drainer_finished);
	assert((finished[0] || WAITS(0)) && (finished[1] || WAITS(1)));
	assert(!HEAD_FITS(ordinary) && (len(ordinary) > 0 || !HEAD_FITS(low)));
	assert((limit & (WAITING | WAITING_LOW)) == (len(ordinary) > 0 -> WAITING : 0) + (len(low) > 0 -> WAITING_LOW : 0));
#ifndef STALL
	assert(len(runs) == 0 && L_POS(limit) - CAP == drain && finished[0] && finished[1]);
#endif
#ifdef CLOSE
	assert(CLOSED(tail) && finished[0] && finished[1])
#endif
}

init {
	atomic {
#ifdef FULL_RING
		d_step {
			tail = CAP << 1; drain = CAP;
			stamps[0] = STAMP(0, 2, 0); stamps[2] = STAMP(2, 2, 0);
			own[0] = DRAINED; own[1] = DRAINED; own[2] = DRAINED; own[3] = DRAINED;
			runs!0, 2; runs!2, 4
		};
#endif
		run producer(0); run producer(1); run drainer(); run releaser(); run quiet();
#ifdef CLOSE
		run closer();
#endif
#ifdef CANCEL
		run canceller()
#endif
	}
}
