package x11watch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"beside/internal/xconn"
)

// maxReply bounds what the server may send at once.
const maxReply = 1 << 20

// wire is a minimal X connection: requests, replies, and events of any length. It is
// used by one goroutine at a time.
type wire struct {
	s      xconn.Socket
	root   uint32
	seq    uint16
	events [][]byte // came while a reply was awaited
}

func dial(display string) (*wire, error) {
	s, err := xconn.DialSocket(display)
	if err != nil {
		return nil, err
	}
	w := &wire{s: s}
	if err := w.hello(); err != nil {
		s.Close()
		return nil, err
	}
	return w, nil
}

// hello does the handshake and finds the root window.
func (w *wire) hello() error {
	name, cookie := "", w.s.Cookie
	if cookie != nil {
		name = "MIT-MAGIC-COOKIE-1"
	}
	b := []byte{'l', 0, 11, 0, 0, 0}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(name)))   //nolint:gosec // bounded by the protocol
	b = binary.LittleEndian.AppendUint16(b, uint16(len(cookie))) //nolint:gosec // bounded by the protocol
	b = append(pad(append(append(b, 0, 0), name...)), cookie...)
	if _, err := w.s.Write(pad(b)); err != nil {
		return fmt.Errorf("%w: handshake: %w", xconn.ErrNoDisplay, err)
	}
	head := make([]byte, 8)
	if _, err := io.ReadFull(w.s, head); err != nil {
		return fmt.Errorf("%w: handshake: %w", xconn.ErrNoDisplay, err)
	}
	body := make([]byte, 4*int(binary.LittleEndian.Uint16(head[6:])))
	if _, err := io.ReadFull(w.s, body); err != nil {
		return fmt.Errorf("%w: handshake: %w", xconn.ErrNoDisplay, err)
	}
	if head[0] != 1 {
		return fmt.Errorf("%w: it does not accept this user", xconn.ErrRefused)
	}
	return w.findRoot(body)
}

// findRoot walks over the vendor, the pixmap formats and the screens before ours.
func (w *wire) findRoot(b []byte) error {
	bad := errors.New("x11watch: the X server's setup is too short")
	if len(b) < 32 {
		return bad
	}
	at := 32 + (int(binary.LittleEndian.Uint16(b[16:]))+3)&^3 + 8*int(b[21])
	for n := 0; n < int(b[20]); n++ {
		if len(b) < at+40 {
			return bad
		}
		if n == w.s.Screen {
			w.root = binary.LittleEndian.Uint32(b[at:])
			return nil
		}
		depths := int(b[at+39])
		at += 40
		for range depths {
			if len(b) < at+8 {
				return bad
			}
			at += 8 + 24*int(binary.LittleEndian.Uint16(b[at+2:]))
		}
	}
	return bad
}

func pad(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// send fills in the length of a request that starts with opcode and data byte.
func (w *wire) send(b []byte) error {
	b = pad(b)
	binary.LittleEndian.PutUint16(b[2:], uint16(len(b)/4)) //nolint:gosec // bounded by the protocol
	w.seq++
	_, err := w.s.Write(b)
	return err
}

// ask sends a request and returns its reply; events that come first are kept.
func (w *wire) ask(b []byte) ([]byte, error) {
	if err := w.send(b); err != nil {
		return nil, err
	}
	for {
		m, err := w.read()
		if err != nil {
			return nil, err
		}
		switch {
		case m[0] == 1 && binary.LittleEndian.Uint16(m[2:]) == w.seq:
			return m, nil
		case m[0] == 0 && binary.LittleEndian.Uint16(m[2:]) == w.seq:
			return nil, fmt.Errorf("x11watch: X error %d", m[1])
		case m[0] > 1:
			w.events = append(w.events, m)
		}
	}
}

// next is the next event.
func (w *wire) next() ([]byte, error) {
	if len(w.events) > 0 {
		m := w.events[0]
		w.events = w.events[1:]
		return m, nil
	}
	for {
		m, err := w.read()
		if err != nil {
			return nil, err
		}
		if m[0] > 1 {
			return m, nil
		}
	}
}

// read takes one message: an error (0), a reply (1) or an event.
func (w *wire) read() ([]byte, error) {
	m := make([]byte, 32)
	if _, err := io.ReadFull(w.s, m); err != nil {
		return nil, err
	}
	const generic = 35
	if k := m[0] & 0x7f; k == 1 || k == generic {
		more := 4 * uint64(binary.LittleEndian.Uint32(m[4:]))
		if more > maxReply {
			return nil, errors.New("x11watch: the X server sent too much")
		}
		m = append(m, make([]byte, more)...)
		if _, err := io.ReadFull(w.s, m[32:]); err != nil {
			return nil, err
		}
	}
	return m, nil
}
