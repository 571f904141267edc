package x11watch

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"beside/input"
)

// ErrGone means the X server is gone.
var ErrGone = errors.New("x11watch: the X server is gone")

// Kind is what happened.
type Kind uint8

// The kinds of input, as XInput2 numbers its raw events.
const (
	KeyPress      Kind = 13
	KeyRelease    Kind = 14
	ButtonPress   Kind = 15
	ButtonRelease Kind = 16
	Motion        Kind = 17
)

// Event is one act of input, before any program got it.
type Event struct {
	Kind     Kind
	Code     uint32 // X key code or button
	Physical bool   // from a device a hand touches; false for XTEST and when unknown
}

// Options say what to watch.
type Options struct {
	Display string      // "" means $DISPLAY
	OnEvent func(Event) // called by Run for every event, in order; may be nil; must not block
}

// Watcher tells physical from injected input. It implements input.Local.
type Watcher struct {
	w       *wire
	opcode  byte
	onEvent func(Event)
	devices map[uint16]bool // true: physical; only Run uses it
	opened  time.Time
	last    atomic.Int64                  // of physical input, nanoseconds after opened; 0 is never
	waiting atomic.Pointer[chan struct{}] // for the next physical input; nil: nobody waits
}

var _ input.Local = (*Watcher)(nil)

// Open connects and starts watching: what happens from now on reaches Run.
// input.ErrUnsupported if the server has no XInput 2.1.
func Open(o Options) (*Watcher, error) {
	c, err := dial(o.Display)
	if err != nil {
		return nil, fmt.Errorf("x11watch: connect: %w", err)
	}
	w := &Watcher{w: c, onEvent: o.OnEvent, opened: time.Now()}
	if err := w.setup(); err != nil {
		c.s.Close()
		return nil, err
	}
	return w, nil
}

// Requests of XInput2.
const (
	xiSelectEvents = 46
	xiQueryVersion = 47
	xiQueryDevice  = 48
	xiGetProperty  = 59
)

const (
	xiHierarchy     = 11 // event: devices came or went
	allDevices      = 0
	allMasters      = 1
	masterKeyboard  = 2 // the use of a device; 3 and up are slaves
	coreQueryExtens = 98
	coreInternAtom  = 16
)

func named(op byte, skip int, name string) []byte {
	b := binary.LittleEndian.AppendUint16([]byte{op, 0, 0, 0}, uint16(len(name))) //nolint:gosec // bounded by the protocol
	return append(append(b, make([]byte, skip)...), name...)
}

func (w *Watcher) setup() error {
	r, err := w.w.ask(named(coreQueryExtens, 2, "XInputExtension"))
	if err != nil {
		return fmt.Errorf("x11watch: ask for XInput: %w", err)
	}
	if r[8] == 0 {
		return fmt.Errorf("%w: the X server has no XInput", input.ErrUnsupported)
	}
	w.opcode = r[9]
	// From 2.1 on raw events also come while another client has a grab.
	r, err = w.w.ask([]byte{w.opcode, xiQueryVersion, 0, 0, 2, 0, 2, 0})
	if err != nil || binary.LittleEndian.Uint16(r[8:]) < 2 || binary.LittleEndian.Uint16(r[8:]) == 2 && binary.LittleEndian.Uint16(r[10:]) < 1 {
		return fmt.Errorf("%w: the X server has no XInput 2.1", input.ErrUnsupported)
	}
	// Masters only: watching all devices would show every event twice.
	b := binary.LittleEndian.AppendUint32([]byte{w.opcode, xiSelectEvents, 0, 0}, w.w.root)
	b = append(b, 2, 0, 0, 0)
	raw := uint32(1<<KeyPress | 1<<KeyRelease | 1<<ButtonPress | 1<<ButtonRelease | 1<<Motion)
	for device, mask := range []uint32{allDevices: 1 << xiHierarchy, allMasters: raw} {
		b = binary.LittleEndian.AppendUint16(b, uint16(device))
		b = append(b, 1, 0)
		b = binary.LittleEndian.AppendUint32(b, mask)
	}
	if err := w.w.send(b); err != nil {
		return fmt.Errorf("x11watch: select events: %w", err)
	}
	return w.query()
}

// query learns which devices are XTEST's. Names are not compared; the property counts.
func (w *Watcher) query() error {
	r, err := w.w.ask(named(coreInternAtom, 2, "XTEST Device"))
	if err != nil {
		return fmt.Errorf("x11watch: intern an atom: %w", err)
	}
	atom := binary.LittleEndian.Uint32(r[8:])
	r, err = w.w.ask([]byte{w.opcode, xiQueryDevice, 0, 0, allDevices, 0, 0, 0})
	if err != nil {
		return fmt.Errorf("x11watch: list devices: %w", err)
	}
	devices := map[uint16]bool{}
	at := 32
	for n := int(binary.LittleEndian.Uint16(r[8:])); n > 0; n-- {
		if len(r) < at+12 {
			return errors.New("x11watch: the list of devices is cut short")
		}
		id, use := binary.LittleEndian.Uint16(r[at:]), binary.LittleEndian.Uint16(r[at+2:])
		classes, name := int(binary.LittleEndian.Uint16(r[at+6:])), int(binary.LittleEndian.Uint16(r[at+8:]))
		at += 12 + (name+3)&^3
		for range classes {
			if len(r) < at+4 {
				return errors.New("x11watch: the list of devices is cut short")
			}
			at += 4 * int(binary.LittleEndian.Uint16(r[at+2:]))
		}
		if use > masterKeyboard {
			devices[id] = true
		}
	}
	for id := range devices {
		b := binary.LittleEndian.AppendUint16([]byte{w.opcode, xiGetProperty, 0, 0}, id)
		b = append(b, 0, 0) // do not delete
		b = binary.LittleEndian.AppendUint32(b, atom)
		b = append(b, make([]byte, 8)...) // any type, from the start
		p, err := w.w.ask(binary.LittleEndian.AppendUint32(b, 1))
		if err != nil {
			devices[id] = false // gone already, or not to be asked: not trusted
			continue
		}
		devices[id] = binary.LittleEndian.Uint32(p[16:]) == 0 || len(p) > 32 && p[32] == 0
	}
	w.devices = devices
	return nil
}

// Run takes events until ctx ends (then nil) or the server is gone. It must be called
// once; afterwards the Watcher is closed.
func (w *Watcher) Run(ctx context.Context) error {
	defer w.w.s.Close()
	stop := context.AfterFunc(ctx, func() { w.w.s.Close() })
	defer stop()
	for {
		m, err := w.w.next()
		if err == nil {
			err = w.take(m)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", ErrGone, err)
		}
	}
}

func (w *Watcher) take(m []byte) error {
	if m[0]&0x7f != 35 || m[1] != w.opcode {
		return nil
	}
	kind := binary.LittleEndian.Uint16(m[8:])
	if kind == xiHierarchy {
		return w.query()
	}
	if kind < uint16(KeyPress) || kind > uint16(Motion) {
		return nil
	}
	e := Event{Kind: Kind(kind), Code: binary.LittleEndian.Uint32(m[16:]), Physical: w.devices[binary.LittleEndian.Uint16(m[20:])]}
	if e.Physical {
		w.last.Store(int64(max(time.Since(w.opened), 1)))
		if c := w.waiting.Swap(nil); c != nil {
			close(*c)
		}
	}
	if w.onEvent != nil {
		w.onEvent(e)
	}
	return nil
}

// Since is how long ago a physical device was used; ok is false if never since Open. It
// is safe for concurrent use.
func (w *Watcher) Since() (ago time.Duration, ok bool) {
	last := w.last.Load()
	return time.Since(w.opened) - time.Duration(last), last != 0
}

// Touched is closed at the next use of a physical device. It is safe for concurrent use.
func (w *Watcher) Touched() <-chan struct{} {
	c := make(chan struct{})
	for {
		if w.waiting.CompareAndSwap(nil, &c) {
			return c
		}
		if p := w.waiting.Load(); p != nil {
			return *p
		}
	}
}
