package xconn

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/render"
	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xinerama"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"
)

// Conn is a connection to an X server. Requests may be made concurrently; one goroutine
// must take the events, or the connection stops when its queue is full.
type Conn struct {
	*xgb.Conn
	Root  xproto.Window
	Local bool // the server is on this machine, so memory can be shared with it

	socket Socket
	has    map[string]bool
}

// tables guards the library's global tables and remembers whose numbers they hold.
var tables = struct {
	sync.Mutex
	events, errors map[int]string
}{events: map[int]string{}, errors: map[int]string{}}

// extensions are all that Beside uses. Naming a function keeps each package linked in,
// since its tables are what register reads.
func extensions() []string {
	_ = []any{damage.Init, randr.Init, shape.Init, shm.Init, xfixes.Init, xtest.Init, render.Init, xinerama.Init}
	return []string{"MIT-SHM", "DAMAGE", "XFIXES", "RANDR", "XTEST", "SHAPE", "RENDER", "XINERAMA"}
}

// Dial connects to a display ("" means $DISPLAY). The error is ErrNoDisplay or
// ErrRefused, or says what else went wrong.
func Dial(display string) (*Conn, error) {
	tables.Lock()
	defer tables.Unlock()
	xgb.Logger.SetOutput(io.Discard) // it prints what it also returns
	s, err := DialSocket(display)
	if err != nil {
		return nil, err
	}
	var c *xgb.Conn
	if s.Cookie != nil {
		c, err = xgb.NewConnNetWithCookieHex(s.Conn, hex.EncodeToString(s.Cookie))
	} else {
		c, err = xgb.NewConnNet(s.Conn)
	}
	if err != nil {
		s.Close()
		// The library has no sentinel for a refusal, only this text.
		if strings.Contains(err.Error(), "refused") {
			return nil, fmt.Errorf("%w: it does not accept this user", ErrRefused)
		}
		return nil, fmt.Errorf("%w: the handshake failed: %w", ErrNoDisplay, err)
	}
	c.DefaultScreen = s.Screen
	x := &Conn{Conn: c, Local: s.Local, socket: s, has: map[string]bool{}}
	if s.Screen >= len(xproto.Setup(c).Roots) {
		x.Close()
		return nil, fmt.Errorf("%w: the server has no screen %d", ErrNoDisplay, s.Screen)
	}
	x.Root = xproto.Setup(c).DefaultScreen(c).Root
	if err := x.register(); err != nil {
		x.Close()
		return nil, fmt.Errorf("%w: ask for extensions: %w", ErrNoDisplay, err)
	}
	return x, nil
}

// register does for all extensions what their Init functions do for one.
func (x *Conn) register() error {
	names := extensions()
	cookies := make([]xproto.QueryExtensionCookie, len(names))
	for i, name := range names {
		cookies[i] = xproto.QueryExtension(x.Conn, uint16(len(name)), name)
	}
	for i, name := range names {
		r, err := cookies[i].Reply()
		if err != nil {
			return err
		}
		if !r.Present {
			continue
		}
		x.has[name] = true
		x.ExtLock.Lock()
		x.Extensions[name] = r.MajorOpcode
		x.ExtLock.Unlock()
		for n, f := range xgb.NewExtEventFuncs[name] {
			if k := int(r.FirstEvent) + n; tables.events[k] != name {
				tables.events[k], xgb.NewEventFuncs[k] = name, f
			}
		}
		for n, f := range xgb.NewExtErrorFuncs[name] {
			if k := int(r.FirstError) + n; tables.errors[k] != name {
				tables.errors[k], xgb.NewErrorFuncs[k] = name, f
			}
		}
	}
	return nil
}

// Has says whether the server offers an extension, by its X name ("XTEST").
func (x *Conn) Has(extension string) bool { return x.has[extension] }

// Close ends the connection at once: what waits for a reply gets io.EOF, what waits for
// an event gets nil. Requests not yet answered may be lost; Sync first if they matter.
// It is idempotent.
func (x *Conn) Close() { _ = x.socket.Close() }

// Gone says whether err means that the connection has ended.
func Gone(err error) bool { return errors.Is(err, io.EOF) }
