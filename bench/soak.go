package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// soakLink is the bad link of a soak: everything that may happen to a packet happens.
func soakLink() linkKind {
	return linkKind{
		Name:  "20 ms each way, 2 % loss, 2 % overtaken, 2 % twice, 20 Mbit/s",
		Delay: 20 * time.Millisecond, Loss: 0.02, Rate: 20e6, Queue: 200 * time.Millisecond,
		Double: 0.02, Reorder: 0.02, Late: 15 * time.Millisecond,
	}
}

// A soakPoint is the state of a soak at a moment.
type soakPoint struct {
	minutes                  float64
	kind                     string
	exact                    float64 // ms until both pictures were the same after the work before
	sharer, helper, endpoint float64 // MB of resident memory
}

// soakResult is how a soak went.
type soakResult struct {
	points         []soakPoint
	fromS, fromH   counts
	identicalAtEnd bool
}

// soak works for a time with all kinds of content across the bad link, comparing both
// displays after each.
func (s *suite) soak(total time.Duration) (*soakResult, error) {
	v, err := s.scene.look(s.run)
	if err != nil {
		return nil, err
	}
	defer v.close()
	res := &soakResult{}
	kinds := []string{typing, scroll, video, "page", "tab"}
	start := time.Now()
	for i := 0; time.Since(start) < total; i++ {
		kind := kinds[i%len(kinds)]
		if i%len(kinds) == 0 {
			rand.Shuffle(len(kinds), func(a, b int) { kinds[a], kinds[b] = kinds[b], kinds[a] })
			kind = kinds[0]
		}
		exact, err := s.soakOne(v, kind)
		if err != nil {
			return res, fmt.Errorf("after %v, %s: %w", time.Since(start).Round(time.Second), kind, err)
		}
		p := soakPoint{minutes: time.Since(start).Minutes(), kind: kind, exact: exact}
		for pid, into := range map[int]*float64{s.run.sharer: &p.sharer, s.run.helper: &p.helper, s.run.endpoint: &p.endpoint} {
			if pid == 0 {
				continue
			}
			b, err := memory(pid)
			if err != nil {
				return res, err
			}
			*into = float64(b) / 1e6
		}
		res.points = append(res.points, p)
		s.say("  %5.1f min %-7s exact after %5.0f ms; MB: sharer %.0f, helper %.0f, endpoint %.0f", p.minutes, kind, exact, p.sharer, p.helper, p.endpoint)
	}
	_, err = v.settle(s.ctx, whole(v.src), waitLimit)
	if err != nil && !errors.Is(err, errUnseen) {
		return res, err
	}
	res.identicalAtEnd = err == nil
	res.fromS, res.fromH = s.scene.place.link()
	return res, nil
}

// soakOne does one kind of work and says how long after it the pictures were the same.
func (s *suite) soakOne(v *view, kind string) (float64, error) {
	switch kind {
	case "page":
		times, err := v.pages(s.ctx, 5, rand.Uint64())
		if err != nil {
			return 0, err
		}
		return quantile(times, 1), nil
	case "tab":
		r, err := v.altTab(s.ctx, 6)
		if err != nil {
			return 0, err
		}
		return quantile(r.times, 1), nil
	default:
		r, err := v.load(s.ctx, kind, 8)
		if err != nil {
			return 0, err
		}
		return r.exact, nil
	}
}

// flat says whether memory has stopped growing: the line through the second half of the
// points rises by less than a megabyte a minute, and by less than a tenth over that half.
func flat(minutes, mb []float64) (perMinute float64, ok bool) {
	half := len(minutes) / 2
	x, y := minutes[half:], mb[half:]
	if len(x) < 3 {
		return 0, false
	}
	perMinute = slope(x, y)
	return perMinute, perMinute < 1 && perMinute*(x[len(x)-1]-x[0]) < 0.1*median(y)
}

// series are the points' memory, by process, for a chart and for flat.
func (r *soakResult) series() (minutes []float64, mb map[string][]float64) {
	mb = map[string][]float64{}
	for _, p := range r.points {
		minutes = append(minutes, p.minutes)
		mb["sharer"] = append(mb["sharer"], p.sharer)
		mb["helper"] = append(mb["helper"], p.helper)
		mb["endpoint"] = append(mb["endpoint"], p.endpoint)
	}
	return minutes, mb
}

// soakOrder are the processes of a soak.
func soakOrder() []string { return []string{"sharer", "helper", "endpoint"} }

func (r *soakResult) markdown(total time.Duration, runErr error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## Soak: %v of mixed work across %s\n\n", total, soakLink().Name)
	if runErr != nil {
		fmt.Fprintf(&b, "**It did not reach the end**: %v\n\n", runErr)
	}
	slowest := 0.0
	for _, p := range r.points {
		slowest = max(slowest, p.exact)
	}
	fmt.Fprintf(&b, "| | | |\n|---|---|---|\n| both displays identical at the end | %s | %s |\n", yes(r.identicalAtEnd), pass(r.identicalAtEnd))
	exact := slowest < ms(waitLimit)
	fmt.Fprintf(&b, "| identical after each of %d pieces of work, slowest | %s ms | %s |\n", len(r.points), number(slowest, 0), pass(exact))
	minutes, mb := r.series()
	for _, name := range soakOrder() {
		if len(mb[name]) == 0 {
			continue
		}
		rise, ok := flat(minutes, mb[name])
		fmt.Fprintf(&b, "| memory of the %s: first, last, MB a minute over the second half | %s, %s, %s | %s |\n", name,
			number(mb[name][0], 0), number(mb[name][len(mb[name])-1], 0), number(rise, 2), pass(ok))
	}
	fmt.Fprintf(&b, "| packets from the sharer: carried, lost, doubled | %d, %d, %d | |\n", r.fromS.Carried, r.fromS.Lost, r.fromS.Doubled)
	fmt.Fprintf(&b, "| packets from the helper: carried, lost, doubled | %d, %d, %d | |\n\n", r.fromH.Carried, r.fromH.Lost, r.fromH.Doubled)
	b.WriteString("| minute | work | exact after, ms | sharer, MB | helper, MB | endpoint, MB |\n|---:|---|---:|---:|---:|---:|\n")
	every := max(len(r.points)/60, 1)
	for i := 0; i < len(r.points); i += every {
		p := r.points[i]
		fmt.Fprintf(&b, "| %.1f | %s | %.0f | %.0f | %.0f | %.0f |\n", p.minutes, p.kind, p.exact, p.sharer, p.helper, p.endpoint)
	}
	b.WriteByte('\n')
	return b.String()
}

func yes(ok bool) string {
	if ok {
		return "yes"
	}
	return "no"
}

func pass(ok bool) string {
	if ok {
		return "met"
	}
	return "**not met**"
}

// runSoak starts a session across the bad link and soaks it.
func (b *bench) runSoak(ctx context.Context) (*soakResult, error) {
	p, err := apart(ctx, soakLink())
	if err != nil {
		return &soakResult{}, err
	}
	defer p.close()
	b.scene.place = p
	run, err := b.scene.start(ctx, beside)
	if err != nil {
		return &soakResult{}, err
	}
	b.say("soak: %v across %s", b.soakFor, p.device)
	s := &suite{ctx: ctx, scene: b.scene, run: run, into: newTable("", "", nil), say: b.say, opt: b.options}
	res, err := s.soak(b.soakFor)
	return res, errors.Join(err, run.stop())
}
