package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"beside/internal/pause"
)

// A table is what was measured in one place.
type table struct {
	title, key string
	metrics    []metric
	values     map[string]map[string][]float64 // by product and metric, one for each repeat
	notes      []string                        // what did not work
}

func newTable(title, key string, metrics []metric) *table {
	return &table{title: title, key: key, metrics: metrics, values: map[string]map[string][]float64{}}
}

func (t *table) add(product, key string, v float64) {
	if math.IsNaN(v) {
		return
	}
	if t.values[product] == nil {
		t.values[product] = map[string][]float64{}
	}
	t.values[product][key] = append(t.values[product][key], v)
}

// value is the median of the repeats; NaN if there is none.
func (t *table) value(product, key string) float64 { return median(t.values[product][key]) }

// A suite measures one session into a table.
type suite struct {
	ctx   context.Context //nolint:containedctx // lives for one session only
	scene *scene
	run   *running
	into  *table
	say   func(format string, args ...any)
	opt   options
}

// A measurement is one part of a suite. It may add values before it fails.
type measurement struct {
	name string
	do   func(*suite, *view) error
}

// all does the measurements one after the other. What fails is noted, and the rest goes on:
// a long run is not lost for one of its parts.
func (s *suite) all(list []measurement) error {
	for _, m := range list {
		if len(s.opt.only) > 0 && !slices.Contains(s.opt.only, m.name) {
			continue
		}
		v, err := s.scene.look(s.run)
		if err == nil {
			err = m.do(s, v)
			v.close()
		}
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		if err != nil {
			note := fmt.Sprintf("%s, %s: %v", s.run.product, m.name, err)
			s.into.notes = append(s.into.notes, note)
			s.say("  failed: %s", note)
		}
	}
	return nil
}

func (s *suite) add(key string, v float64) {
	s.into.add(s.run.product, key, v)
	s.say("  %-9s %-16s %8.2f", s.run.product, key, v)
}

// quantiles adds p50 and two more of the times of something.
func (s *suite) quantiles(key string, times []float64, err error) error {
	if err != nil {
		return err
	}
	s.add(key+".p50", quantile(times, .5))
	s.add(key+".p95", quantile(times, .95))
	s.add(key+".p99", quantile(times, .99))
	return nil
}

func loopbackMeasurements() []measurement {
	return []measurement{
		{"latency", (*suite).latency},
		{"click", (*suite).click},
		{"page", (*suite).page},
		{idle, (*suite).idle},
		{typing, (*suite).typing},
		{scroll, (*suite).scroll},
		{video, (*suite).video},
		{"tab", (*suite).tab},
	}
}

func wanMeasurements() []measurement {
	return []measurement{
		{"latency", (*suite).latency},
		{"click", (*suite).click},
		{"page", (*suite).page},
		{scroll, (*suite).scroll},
		{video, (*suite).video},
		{"typed", (*suite).typed},
		{"apps", (*suite).apps}, // last: to the product this is the sharer at work, who goes before the helper
	}
}

func (s *suite) latency(v *view) error {
	times, err := v.latency(s.ctx, s.opt.count, patchAt)
	return s.quantiles("latency", times, err)
}

func (s *suite) click(v *view) error {
	times, err := v.click(s.ctx, max(s.opt.count/2, 1))
	return s.quantiles("click", times, err)
}

func (s *suite) page(v *view) error {
	times, err := v.pages(s.ctx, s.opt.pages, uint64(1000*s.scene.runs))
	if err != nil {
		return err
	}
	s.add("page.p50", median(times))
	s.add("page.max", slices.Max(times))
	return nil
}

func (s *suite) idle(v *view) error {
	r, err := v.load(s.ctx, idle, s.opt.secs)
	if err != nil {
		return err
	}
	s.add("idle.cpu", r.percent)
	s.add("idle.kB", r.kB)
	return nil
}

// kind plays a load and adds what all kinds have in common.
func (s *suite) kind(v *view, kind string) (*loadResult, error) {
	r, err := v.load(s.ctx, kind, s.opt.secs)
	if err != nil {
		return nil, err
	}
	m := r.seen.match(r.made)
	s.add(kind+".seen", 100*float64(m.seen)/float64(len(r.made)-1))
	s.add(kind+".age", quantile(m.ages, 1))
	s.add(kind+".behind", m.behind)
	s.add(kind+".kB", r.kB)
	s.add(kind+".cpu", r.percent)
	s.add(kind+".exact", r.exact)
	return r, nil
}

func (s *suite) typing(v *view) error {
	r, err := s.kind(v, typing)
	if err != nil {
		return err
	}
	s.add("typing.first", 100*float64(r.first)/float64(max(r.all, len(r.made)-1)))
	s.add("typing.packets", r.packets)
	return nil
}

func (s *suite) scroll(v *view) error {
	_, err := s.kind(v, scroll)
	return err
}

func (s *suite) video(v *view) error {
	r, err := s.kind(v, video)
	if err != nil {
		return err
	}
	s.add("video.dB", median(r.decibels()))
	return nil
}

func (s *suite) tab(v *view) error {
	r, err := v.altTab(s.ctx, 6)
	if err != nil {
		return err
	}
	s.add("tab.kB", median(r.bytes)/1000)
	s.add("tab.once", 100*float64(r.once)/float64(len(r.times)))
	s.add("tab.ms", median(r.times))
	return nil
}

// typed times characters while a video plays beside them.
func (s *suite) typed(v *view) error {
	other, err := s.scene.look(s.run)
	if err != nil {
		return err
	}
	playing := make(chan error, 1)
	go func() {
		defer other.close()
		_, err := other.load(s.ctx, video, s.opt.typedSecs())
		playing <- err
	}()
	if err = pause.For(s.ctx, 5*time.Second); err == nil {
		var times []float64
		times, err = v.latency(s.ctx, s.opt.typedCount(), charAt)
		err = s.quantiles("typed", times, err)
	}
	if e := <-playing; err == nil {
		err = e
	}
	return err
}

func (s *suite) apps(v *view) error {
	got, err := v.apps(s.ctx, s.scene)
	for key, r := range got {
		s.add(key+".behind", quantile(r.behind, 1))
		if math.IsNaN(r.still) {
			r.still = ms(waitLimit) // not while it was watched
		}
		s.add(key+".still", r.still)
	}
	return err
}
