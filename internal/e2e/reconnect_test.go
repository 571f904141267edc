//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"beside/internal/stage"
)

// back is what is promised once there is a network again.
const (
	back      = 3 * time.Second
	backLimit = 6 * time.Second // on a machine that does much else
)

// truth watches what both people are told, while the test goes on.
type truth struct {
	s    *scene
	stop chan struct{}
	done sync.WaitGroup

	mu   sync.Mutex
	told map[string]bool // who is told that it reconnects
	odd  []string
}

// watch starts. What people see is looked at ten times a second, and a change is logged.
func (s *scene) watch() *truth {
	w := &truth{s: s, stop: make(chan struct{}), told: map[string]bool{}}
	began := time.Now()
	w.done.Go(func() {
		for {
			for _, a := range []*stage.Actor{s.helper, s.sharer} {
				// The way out is there whatever happens, and nobody is asked again.
				is, out := shows(a, reconnecting), shows(a, "stop")
				if a == s.helper {
					is, out = shows(a, "r.title"), shows(a, "v.end", "r.end")
				}
				w.mu.Lock()
				if !out || shows(a, "allow") {
					w.odd = append(w.odd, fmt.Sprintf("after %v the %s had no way out, or was asked", time.Since(began), a.Name))
				}
				if is != w.told[a.Name] {
					s.t.Logf("%7.2fs: the %s is told: %s", time.Since(began).Seconds(), a.Name, map[bool]string{true: "reconnecting", false: "connected"}[is])
				}
				w.told[a.Name] = is
				w.mu.Unlock()
			}
			select {
			case <-w.stop:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	return w
}

func (w *truth) end() {
	w.s.t.Helper()
	close(w.stop)
	w.done.Wait()
	for _, o := range w.odd {
		w.s.t.Error(o)
	}
}

// both waits until both are told that the session is out of reach, or that it is not, and says when.
func (w *truth) both(lost bool, limit time.Duration) time.Time {
	w.s.t.Helper()
	w.s.must(w.s.wait(limit, map[bool]string{true: "both to be told that it reconnects", false: "both to be told that it is back"}[lost], func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.told["helper"] != lost || w.told["sharer"] != lost {
			return errors.New("not yet")
		}
		return nil
	}))
	return time.Now()
}

// TestNetworkGone: without a network both are told so; back, the session goes on without a new
// question, exactly, and no key is left down.
func TestNetworkGone(t *testing.T) {
	n := isolate(t)
	s := openWith(t, cast{state: "compliant", net: n})
	s.control()
	s.point()
	s.must(s.types("typed before it went", 15*time.Second))
	w := s.watch()

	s.must(s.helper.Bot.Key('q', true))
	s.must(s.wait(10*time.Second, "the key to be down on the sharer's side", s.held))
	start := time.Now()
	n.cut("sharer")
	err := s.lifted()
	s.promised("the key was let go after the cut", time.Since(start), 1200*time.Millisecond, 3*time.Second)
	if err != nil {
		t.Error(err)
	}
	s.must(s.helper.Bot.Key('q', false))
	s.promised("both were told after the cut", w.both(true, 10*time.Second).Sub(start), 4*time.Second, 8*time.Second)
	s.must(s.sharer.Bot.Background(0x903050)) // this is what must come across afterwards
	time.Sleep(time.Until(start.Add(20 * time.Second)))
	w.both(true, 0)
	start = time.Now()
	n.connect("sharer")
	s.resumed("a cut of 20 s", start, w)
	s.must(s.types("typed after it came back", 15*time.Second))

	// Then the addresses: of each side while there is a path, and of both during a cut.
	for who, a := range map[string][2]string{"sharer": {"10.98.2.1", "10.98.2.2"}, "helper": {"10.98.1.1", "10.98.1.2"}} {
		start = time.Now()
		n.move(who, a[0], a[1])
		s.must(s.sharer.Bot.Background(0x903050))
		s.resumed("another address of the "+who, start, w)
		s.must(s.types("typed after the "+who+" moved", 15*time.Second))
	}
	n.cut("helper")
	s.must(s.sharer.Bot.Background(0x903050))
	w.both(true, 10*time.Second)
	n.move("helper", "10.98.1.2", "10.98.1.3")
	n.move("sharer", "10.98.2.2", "10.98.2.3")
	time.Sleep(10 * time.Second)
	start = time.Now()
	n.connect("helper")
	s.resumed("a cut in which both got another address", start, w)
	s.must(s.types("typed after both moved", 15*time.Second))
	if err := s.lifted(); err != nil {
		t.Error(err)
	}
	w.end()
	s.over("the sharer pressed Stop", s.press(s.sharer, "stop"))
}

// resumed waits until what the sharer's desktop shows now is on the helper's screen, and both are told that all is well.
func (s *scene) resumed(what string, start time.Time, w *truth) {
	s.t.Helper()
	_, err := s.helper.Shown(s.t.Context(), 0x903050, 20000)
	s.must(err)
	s.promised("the helper saw what the sharer shows, after "+what, time.Since(start), back, backLimit)
	w.both(false, backLimit)
	s.promised("both were told so", time.Since(start), back, backLimit)
	s.repaint()
	s.view()
}
