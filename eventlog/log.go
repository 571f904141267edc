package eventlog

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// Key names a field.
type Key string

// The fields; docs/event-log.md says what each holds.
const (
	Role    Key = "ROLE"
	Run     Key = "RUN"
	Tenant  Key = "TENANT"
	Self    Key = "SELF"
	Peer    Key = "PEER"
	Device  Key = "DEVICE"
	Rights  Key = "RIGHTS"
	By      Key = "BY"
	Code    Key = "CODE"
	Seconds Key = "SECONDS"
	Detail  Key = "DETAIL"
)

// maxField is the longest value, in bytes.
const maxField = 512

// Field is one detail. An empty Value is left out.
type Field struct {
	Key   Key
	Value string
}

// system is the log of the operating system.
type system interface {
	write(k Kind, message string, fields []Field) error
	io.Closer
}

// Log writes events. It is safe for concurrent use. A nil Log drops them.
type Log struct {
	fallback io.Writer

	mu     sync.Mutex
	system system // nil where there is none
}

// Options for Open.
type Options struct {
	// Fallback gets one line for each event that the system's log did not take; nil drops them.
	Fallback io.Writer
	// Socket replaces journald's, for tests.
	Socket string
}

// Open finds the system's log. It cannot fail: without one, events go to Fallback.
func Open(o Options) *Log {
	return &Log{fallback: o.Fallback, system: open(o)}
}

// Write writes one event and does not wait for anybody: what the log does not take at once goes to
// Fallback. Values are cut to 512 bytes, and control characters become '?'.
func (l *Log) Write(id ID, fields ...Field) {
	if l == nil {
		return
	}
	k := kind(id)
	clean := make([]Field, 0, len(fields))
	var details strings.Builder
	for _, f := range fields {
		if f.Value = harmless(f.Value); f.Value == "" {
			continue
		}
		clean = append(clean, f)
		fmt.Fprintf(&details, " %s=%s", strings.ToLower(string(f.Key)), word(f.Value))
	}
	message := k.Message + " [" + k.Name + details.String() + "]"
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.system != nil && l.system.write(k, message, clean) == nil {
		return
	}
	if l.fallback != nil {
		fmt.Fprintf(l.fallback, "beside event %d: %s\n", k.ID, message)
	}
}

// Close lets go of the system's log; later events go to Fallback.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.system
	l.system = nil
	if s == nil {
		return nil
	}
	return s.Close()
}

// harmless is a value that is one line of text.
func harmless(v string) string {
	v = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(v, "?"))
	if len(v) > maxField {
		v = strings.ToValidUTF8(v[:maxField], "")
	}
	return v
}

// word is a value that can be told from the next in a line.
func word(v string) string {
	if strings.ContainsAny(v, " \"=]") {
		return fmt.Sprintf("%q", v)
	}
	return v
}
