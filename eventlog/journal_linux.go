package eventlog

import (
	"bytes"
	"net"
	"strconv"
	"time"
)

// journalSocket is where journald listens for its native protocol.
const journalSocket = "/run/systemd/journal/socket"

// patience is how long a full journal may hold up the app.
const patience = 100 * time.Millisecond

// journal speaks journald's native protocol: one datagram of KEY=value lines for each entry.
type journal struct {
	path string
	conn *net.UnixConn
}

func open(o Options) system {
	path := journalSocket
	if o.Socket != "" {
		path = o.Socket
	}
	j := &journal{path: path}
	if j.dial() != nil {
		return nil
	}
	return j
}

func (j *journal) dial() (err error) {
	j.conn, err = net.DialUnix("unixgram", nil, &net.UnixAddr{Name: j.path, Net: "unixgram"})
	return err
}

func (j *journal) write(k Kind, message string, fields []Field) error {
	var b bytes.Buffer
	line := func(key, value string) {
		b.WriteString(key)
		b.WriteByte('=')
		b.WriteString(value) // one line: see harmless
		b.WriteByte('\n')
	}
	line("MESSAGE", message)
	line("PRIORITY", strconv.Itoa(int(k.Level)))
	line("SYSLOG_IDENTIFIER", "beside")
	if k.Journal != "" {
		line("MESSAGE_ID", k.Journal)
	}
	line("BESIDE_EVENT", strconv.Itoa(int(k.ID)))
	line("BESIDE_NAME", k.Name)
	for _, f := range fields {
		line("BESIDE_"+string(f.Key), f.Value)
	}
	if j.send(b.Bytes()) == nil {
		return nil
	}
	_ = j.Close() // journald was started again: its socket is another one
	if err := j.dial(); err != nil {
		return err
	}
	return j.send(b.Bytes())
}

func (j *journal) send(entry []byte) error {
	if j.conn == nil {
		return net.ErrClosed
	}
	if err := j.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := j.conn.Write(entry)
	return err
}

func (j *journal) Close() error {
	if j.conn == nil {
		return nil
	}
	return j.conn.Close()
}
