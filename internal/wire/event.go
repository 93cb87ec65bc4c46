package wire

import "encoding/binary"

// EventPayload is the payload of an event frame.
type EventPayload struct {
	// Subs are the page's subscriptions that it is for, at least one.
	Subs []uint32
	// Binary says that Payload are bytes; otherwise it is one JSON value.
	Binary  bool
	Payload []byte
}

// eventBytes is the form of an event whose payload is bytes; 0 is JSON.
const eventBytes = 1

// AppendEventHead appends what stands in an event's frame before its payload.
func AppendEventHead(dst []byte, subs []uint32, bytes bool) []byte {
	form := uint32(0)
	if bytes {
		form = eventBytes
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(subs)))
	dst = binary.LittleEndian.AppendUint32(dst, form)
	for _, sub := range subs {
		dst = binary.LittleEndian.AppendUint32(dst, sub)
	}
	return dst
}

// DecodeEvent splits the payload of an event frame. The event's payload lies in p. The error is a
// rule broken.
func DecodeEvent(p []byte) (EventPayload, error) {
	if len(p) < 8 {
		return EventPayload{}, Broken("event frame of %d bytes", len(p))
	}
	count, form := binary.LittleEndian.Uint32(p), binary.LittleEndian.Uint32(p[4:])
	rest := p[8:]
	if count == 0 || uint64(count) > uint64(len(rest)/4) {
		return EventPayload{}, Broken("event for %d subscriptions in %d bytes", count, len(rest))
	}
	if form > eventBytes {
		return EventPayload{}, Broken("event of the form %d", form)
	}
	e := EventPayload{Subs: make([]uint32, count), Binary: form == eventBytes,
		Payload: rest[4*count:]}
	for i := range e.Subs {
		e.Subs[i] = binary.LittleEndian.Uint32(rest[4*i:])
	}
	return e, nil
}
