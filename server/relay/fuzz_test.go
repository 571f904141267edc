package relay

import (
	"net"
	"testing"
	"time"

	"github.com/pion/turn/v5"
)

// FuzzClient sends what it likes over TCP: before, as, and after a message of a client's. The relay
// goes on serving others.
func FuzzClient(f *testing.F) {
	f.Add([]byte{0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	f.Add([]byte{0x40, 0x00, 0xff, 0xff, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0x00, 0x03, 0xff, 0xff, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte{0x00, 0x16, 0x00, 0x08, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0x12, 0, 8, 0, 1, 0, 0, 127, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, theirs := net.Pipe()
		ln := &one{c: theirs, done: make(chan struct{})}
		r, err := New(Options{Host: "relay", TCP: ln})
		if err != nil {
			t.Fatal(err)
		}
		s, err := turn.NewServer(turn.ServerConfig{
			Realm: realm, AuthHandler: r.auth, QuotaHandler: r.quota, LoggerFactory: silent{},
			ListenerConfigs: []turn.ListenerConfig{{Listener: ln, RelayAddressGenerator: generator{r}, PermissionHandler: permits}},
		})
		if err != nil {
			t.Fatal(err)
		}
		go func() { // what it answers
			buf := make([]byte, 1500)
			for {
				if _, err := ours.Read(buf); err != nil {
					return
				}
			}
		}()
		_ = ours.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = ours.Write(b)
		_ = ours.Close()
		if _, n := r.Load(); n != 0 {
			t.Errorf("%d allocations without a credential", n)
		}
		_ = s.Close()
	})
}

// one is a listener of one connection.
type one struct {
	c    net.Conn
	done chan struct{}
}

func (o *one) Accept() (net.Conn, error) {
	if c := o.c; c != nil {
		o.c = nil
		return tcpish{c}, nil
	}
	<-o.done
	return nil, net.ErrClosed
}

func (o *one) Close() error   { close(o.done); return nil }
func (o *one) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// tcpish has the addresses of TCP.
type tcpish struct{ net.Conn }

func (tcpish) LocalAddr() net.Addr  { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
func (tcpish) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }
