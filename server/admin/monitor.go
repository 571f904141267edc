package admin

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"beside/policy"
	"beside/server/store"
)

// cache keeps a figure that costs more than a page should. It is safe for concurrent use.
type cache[T any] struct {
	mu sync.Mutex
	at time.Time
	v  T
}

func (c *cache[T]) get(now time.Time, life time.Duration, make func() (T, error)) (T, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.at.IsZero() && now.Sub(c.at) < life && now.Sub(c.at) >= 0 {
		return c.v, nil
	}
	v, err := make()
	if err == nil {
		c.v, c.at = v, now
	}
	return v, err
}

// shownRunning is how many running sessions Monitor lists at most.
const shownRunning = 100

// running is how many sessions run now.
func (s *Site) running(ctx context.Context) (int, error) {
	_, n, err := s.t.FindSessions(ctx, store.SessionQuery{Running: true})
	return n, err
}

func runningNow() store.SessionQuery { return store.SessionQuery{Running: true, Limit: shownRunning} }

// figures are the last 30 days in numbers.
type figures struct {
	Days           []day
	Helpers, Kinds []bar
	Most           int // sessions on the busiest day
	Median         time.Duration
	Today          int
	Yesterday      int // until this time of the day
	Declined       int
}

type day struct {
	Date                      time.Time
	View, Control, Unattended int
	X                         int // in the chart
}

// Total is all sessions of the day.
func (d day) Total() int { return d.View + d.Control + d.Unattended }

// Y0, Y1 and Y2 are where the three parts begin in a chart of that height: view at the bottom,
// then control, then unattended.
func (d day) Y0(most int) int { return most - d.View }

// Y1 is documented with Y0.
func (d day) Y1(most int) int { return d.Y0(most) - d.Control }

// Y2 is documented with Y0.
func (d day) Y2(most int) int { return d.Y1(most) - d.Unattended }

type bar struct {
	Name, ID string
	N, Width int // Width of 100
	Others   bool
}

type monitorData struct {
	Running []store.Session
	Total   int
	Helpers int
	F       figures
	Off     policy.Settings
	Open    bool
}

func (s *Site) monitor(v *visit) error {
	running, total, err := s.t.FindSessions(v.r.Context(), runningNow())
	if err != nil {
		return err
	}
	f, err := s.charts.get(s.o.Now(), 15*time.Second, func() (figures, error) { return s.count(v.r.Context()) })
	if err != nil {
		return err
	}
	settings, err := s.t.Settings(v.r.Context())
	if err != nil {
		return err
	}
	helpers := map[string]bool{}
	for _, r := range running {
		helpers[r.Helper] = true
	}
	_, open := settings.Open()
	v.show("monitor", "nav.monitor", "monitor", monitorData{Running: running, Total: total, Helpers: len(helpers), F: f, Off: settings, Open: open})
	return nil
}

// counted bounds the sessions that the charts look at.
const counted = 50_000

func (s *Site) count(ctx context.Context) (figures, error) {
	now := s.o.Now().In(s.o.Zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, s.o.Zone)
	first := midnight.AddDate(0, 0, -29)
	all, _, err := s.t.FindSessions(ctx, store.SessionQuery{Since: first, Limit: counted})
	if err != nil {
		return figures{}, err
	}
	f := figures{}
	for i := range 30 {
		f.Days = append(f.Days, day{Date: first.AddDate(0, 0, i), X: i * 10})
	}
	var lengths []time.Duration
	helpers, names, kinds := map[string]int{}, map[string]string{}, map[string]int{}
	for _, r := range all {
		at := r.Created.In(s.o.Zone)
		if !at.Before(midnight) {
			f.Today++
			if r.EndReason == "declined" {
				f.Declined++
			}
		}
		if y := now.AddDate(0, 0, -1); !at.Before(midnight.AddDate(0, 0, -1)) && !at.After(y) {
			f.Yesterday++
		}
		if r.Started.IsZero() {
			continue
		}
		i := int(at.Sub(first).Hours() / 24)
		if i < 0 || i >= len(f.Days) {
			continue
		}
		switch d := &f.Days[i]; {
		case r.Used&policy.Unattended != 0:
			d.Unattended++
		case r.Used&policy.Control != 0:
			d.Control++
		default:
			d.View++
		}
		helpers[r.Helper]++
		names[r.Helper] = r.HelperName
		kinds[kindOf(r)]++
		if !r.Ended.IsZero() {
			lengths = append(lengths, r.Ended.Sub(r.Started))
		}
	}
	for _, d := range f.Days {
		f.Most = max(f.Most, d.Total())
	}
	f.Most = (f.Most + 3) / 4 * 4
	slices.Sort(lengths)
	if len(lengths) > 0 {
		f.Median = lengths[len(lengths)/2]
	}
	f.Helpers = bars(helpers, names, 5)
	f.Kinds = bars(kinds, nil, 6)
	return f, nil
}

// kindOf is a key of the words.
func kindOf(s store.Session) string {
	if s.DeviceState == policy.StateNotEnrolled {
		return "kind.unenrolled"
	}
	return "kind." + system(s.DeviceOS)
}

// bars are the largest counts, the rest in one.
func bars(counts map[string]int, names map[string]string, most int) []bar {
	var out []bar
	for id, n := range counts {
		b := bar{Name: names[id], ID: id, N: n}
		if b.Name == "" {
			b.Name = id
		}
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b bar) int {
		if a.N != b.N {
			return b.N - a.N
		}
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	if len(out) > most {
		rest := bar{Others: true, Name: fmt.Sprint(len(out) - most)}
		for _, b := range out[most:] {
			rest.N += b.N
		}
		out = append(out[:most:most], rest)
	}
	top := 1
	for _, b := range out {
		top = max(top, b.N)
	}
	for i := range out {
		out[i].Width = out[i].N * 100 / top
	}
	return out
}

// monitorEvents says "change" whenever the running sessions changed, and at least every half minute
// so that the lengths move on.
func (s *Site) monitorEvents(v *visit) error {
	flush, ok := v.w.(http.Flusher)
	if !ok {
		return fmt.Errorf("admin: no streaming")
	}
	rc := http.NewResponseController(v.w)
	v.w.Header().Set("Content-Type", "text/event-stream")
	v.w.WriteHeader(http.StatusOK)
	last, sent := "", s.o.Now()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	until := time.NewTimer(10 * time.Minute) // then the browser asks anew, with a cookie that may have ended
	defer until.Stop()
	for {
		list, total, err := s.t.FindSessions(v.r.Context(), runningNow())
		if err != nil {
			return nil // the stream breaks off; the browser tries again
		}
		now := fmt.Sprint(total)
		for _, r := range list {
			now += " " + r.ID + fmt.Sprint(uint32(r.Used))
		}
		word := ": still here\n\n"
		if now != last || s.o.Now().Sub(sent) > 30*time.Second {
			if last != "" {
				word = "event: change\ndata: \n\n"
			}
			last, sent = now, s.o.Now()
		}
		_ = rc.SetWriteDeadline(time.Now().Add(10 * time.Second))
		if _, err := v.w.Write([]byte(word)); err != nil {
			return nil
		}
		flush.Flush()
		select {
		case <-tick.C:
		case <-until.C:
			return nil
		case <-v.r.Context().Done():
			return nil
		}
	}
}
