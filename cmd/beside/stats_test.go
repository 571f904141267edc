package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"beside/session"
)

// lines collects what is printed.
type lines struct {
	bytes.Buffer
	fail bool
}

func (l *lines) Write(b []byte) (int, error) {
	if l.fail {
		return 0, io.ErrClosedPipe
	}
	return l.Buffer.Write(b)
}

func TestPrintStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now atomic.Pointer[session.Meter]
		now.Store(&session.Meter{})
		ctx, cancel := context.WithCancel(t.Context())
		out, done := &lines{}, make(chan error, 1)
		go func() { done <- printStats(ctx, out, func() session.Meter { return *now.Load() }) }()
		time.Sleep(5*time.Second + time.Millisecond)
		now.Store(&session.Meter{Capture: 0.41234, Encode: 1.2, Network: 13.6, Decode: 0.9, Display: 1.1, PerSecond: 24, Loss: 0.012345, Exact: true})
		time.Sleep(2 * time.Second)
		now.Store(&session.Meter{Network: 25, Relay: true})
		time.Sleep(time.Second)
		now.Store(&session.Meter{})
		time.Sleep(5 * time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		got := strings.Split(out.String(), "\n")
		want := `{"seconds":0,"capture_ms":0.412,"encode_ms":1.2,"network_ms":13.6,"decode_ms":0.9,"display_ms":1.1,"total_ms":17.212,"fps":24,"loss":0.0123,"path":"direct","exact":true}`
		if len(got) != 4 || got[0] != want {
			t.Errorf("%q", got)
		}
		var last statsLine
		if err := json.Unmarshal([]byte(got[2]), &last); err != nil || last.Seconds != 2 || last.Path != "relay" || last.Exact {
			t.Errorf("%+v, %v", last, err)
		}
	})
}

func TestPrintStatsToNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := printStats(t.Context(), &lines{fail: true}, func() session.Meter { return session.Meter{Network: 1} })
		if !errors.Is(err, io.ErrClosedPipe) {
			t.Error(err)
		}
	})
}

// TestStatsHoldNoNames: everything in a line is a number, a flag or one of two words.
func TestStatsHoldNoNames(t *testing.T) {
	for f := range reflect.TypeFor[statsLine]().Fields() {
		if f.Type.Kind() == reflect.String && f.Name != "Path" {
			t.Errorf("%s could say anything", f.Name)
		}
	}
}

func TestStatsFlag(t *testing.T) {
	if (&settings{}).figures(nil) != nil {
		t.Error("printed without being asked")
	}
	if (&settings{stats: io.Discard}).figures(nil) == nil {
		t.Error("not printed")
	}
}
