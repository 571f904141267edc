package inputtest

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"beside/input"
)

// Recorder is an input.Injector that remembers events. The zero Recorder is ready. It
// is safe for concurrent use.
type Recorder struct {
	mu   sync.Mutex
	got  []input.Event
	errs []error
}

// Inject remembers e, unless Fail set an error for it.
func (r *Recorder) Inject(e input.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.errs) > 0 {
		err := r.errs[0]
		r.errs = r.errs[1:]
		if err != nil {
			return err
		}
	}
	r.got = append(r.got, e)
	return nil
}

// Fail makes the next events fail with these errors, one each; nil lets one through.
func (r *Recorder) Fail(errs ...error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, errs...)
}

// Events are the events so far, a copy.
func (r *Recorder) Events() []input.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// Take is Events, and forgets them.
func (r *Recorder) Take() []input.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// FilterContract checks that an open filter passes every kind of event unchanged and
// in order, and the errors of the next Injector.
func FilterContract(t *testing.T, wrap func(next input.Injector) input.Injector) {
	t.Helper()
	var r Recorder
	in := wrap(&r)
	events := []input.Event{
		input.Move{X: 0.25, Y: 0.75},
		input.Button{Code: 1, Down: true},
		input.Key{Usage: 4, Down: true},
		input.Scroll{DY: 1},
		input.Text{S: "ä"},
		input.Key{Usage: 4},
		input.Button{Code: 1},
	}
	for _, e := range events {
		if err := in.Inject(e); err != nil {
			t.Errorf("Inject(%T) = %v", e, err)
		}
	}
	if got := r.Take(); !slices.Equal(got, events) {
		t.Errorf("passed on %v, want %v", got, events)
	}
	r.Fail(input.ErrUnsupported)
	if err := in.Inject(events[0]); !errors.Is(err, input.ErrUnsupported) {
		t.Errorf("Inject = %v, want the next Injector's error", err)
	}
}
