package xconn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

var (
	// ErrNoDisplay means no X server was found there.
	ErrNoDisplay = errors.New("xconn: no X display")
	// ErrRefused means the server is there and does not accept this user.
	ErrRefused = errors.New("xconn: the X server refused")
)

// Socket is a raw connection to an X server, before the handshake.
type Socket struct {
	net.Conn
	Local  bool   // over a Unix socket
	Screen int    // from the display's name
	Cookie []byte // MIT-MAGIC-COOKIE-1, 16 bytes, or nil if there is none for it
}

// DialSocket opens the socket of a display: "" ($DISPLAY), ":0", ":0.1", "host:0" or
// "unix:0".
func DialSocket(display string) (Socket, error) {
	if display == "" {
		display = os.Getenv("DISPLAY")
	}
	if display == "" {
		return Socket{}, fmt.Errorf("%w: DISPLAY is not set", ErrNoDisplay)
	}
	host, rest, ok := cutLast(display, ":")
	number, screen, _ := strings.Cut(rest, ".")
	n, err := strconv.ParseUint(number, 10, 16)
	if !ok || err != nil {
		return Socket{}, fmt.Errorf("%w: the display's name has no number", ErrNoDisplay)
	}
	s := Socket{}
	if screen != "" {
		k, err := strconv.ParseUint(screen, 10, 8)
		if err != nil {
			return Socket{}, fmt.Errorf("%w: the display's name has no screen number", ErrNoDisplay)
		}
		s.Screen = int(k)
	}
	if host == "" || host == "unix" {
		path := "/tmp/.X11-unix/X" + number
		s.Local = true
		if s.Conn, err = net.Dial("unix", path); err != nil && !errors.Is(err, syscall.EACCES) { //nolint:noctx // a local socket answers at once
			s.Conn, err = net.Dial("unix", "@"+path) //nolint:noctx // a local socket answers at once
		}
		host = ""
	} else {
		s.Conn, err = net.Dial("tcp", net.JoinHostPort(host, strconv.FormatUint(6000+n, 10))) //nolint:noctx // a local socket answers at once
	}
	switch {
	case errors.Is(err, syscall.EACCES):
		return Socket{}, fmt.Errorf("%w: no access to its socket", ErrRefused)
	case err != nil:
		return Socket{}, fmt.Errorf("%w: nothing answers: %w", ErrNoDisplay, err)
	}
	s.Cookie = cookie(host, number)
	return s, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// cookie finds the display's cookie in the user's authority file, or nil.
func cookie(host, number string) []byte {
	name := os.Getenv("XAUTHORITY")
	if name == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil
		}
		name = home + "/.Xauthority"
	}
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	me, _ := os.Hostname()
	return findCookie(io.LimitReader(f, 1<<20), me, host, number)
}

// findCookie reads authority records: family, then address, number, name and data, each
// with a 16-bit length, all big endian. Local records are named after this machine.
func findCookie(r io.Reader, me, host, number string) []byte {
	const local, wild, internet, internet6 = 256, 65535, 0, 6
	for {
		var family uint16
		if binary.Read(r, binary.BigEndian, &family) != nil {
			return nil
		}
		var field [4][]byte
		for i := range field {
			var n uint16
			if binary.Read(r, binary.BigEndian, &n) != nil {
				return nil
			}
			field[i] = make([]byte, n)
			if _, err := io.ReadFull(r, field[i]); err != nil {
				return nil
			}
		}
		address := string(field[0])
		fits := family == wild ||
			family == local && (host == "" && address == me || host == "localhost" && address == me || host != "" && address == host) ||
			(family == internet || family == internet6) && host != "" && net.IP(field[0]).String() == host
		if fits && (len(field[1]) == 0 || string(field[1]) == number) &&
			string(field[2]) == "MIT-MAGIC-COOKIE-1" && len(field[3]) == 16 {
			return field[3]
		}
	}
}
