package api

import (
	"testing"

	"beside/policy/api"
)

func TestSlowReaderEnds(t *testing.T) {
	c := &conn{out: make(chan api.Frame, outQueue), quit: make(chan struct{})}
	for range outQueue { // nobody writes them out
		c.Push(api.Frame{Type: api.TypeSignal})
	}
	select {
	case <-c.quit:
		t.Fatal("closed although there was room")
	default:
	}
	c.Push(api.Frame{Type: api.TypeSignal})
	<-c.quit
	if c.status != statusSlow {
		t.Errorf("status %v", c.status)
	}
	c.Push(api.Frame{Type: api.TypeSignal}) // and no more is queued, nobody waits
	c.Close("again")
	if c.reason != "too slow" {
		t.Errorf("reason %q", c.reason)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"t":"end","id":1,"b":{}}`, `{"t":"","id":1}`, `{"t":"x","id":-1}`, `[]`, `{"t":"x","id":1e99}`, `{"t":"x","id":1,"re":1}`, "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, ok := decode(b)
		if ok && (fr.ID == 0 || fr.Re != 0 || fr.Type == "" || len(fr.Type) > 32) {
			t.Errorf("accepted %+v", fr)
		}
	})
}
