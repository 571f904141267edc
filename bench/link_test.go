package main

import (
	"container/heap"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestPlan(t *testing.T) {
	now := time.Unix(1000, 0)
	for name, c := range map[string]struct {
		k    linkKind
		free time.Time
		want []time.Duration // after now
		next time.Duration   // when the link is free again
	}{
		"plain":     {linkKind{Delay: 25 * time.Millisecond}, time.Time{}, []time.Duration{25 * time.Millisecond}, 0},
		"lost":      {linkKind{Loss: 1}, now, nil, 0},
		"rate":      {linkKind{Delay: time.Millisecond, Rate: 8000, Queue: time.Second}, now, []time.Duration{101 * time.Millisecond}, 100 * time.Millisecond},
		"queued":    {linkKind{Rate: 8000, Queue: time.Second}, now.Add(time.Second), []time.Duration{1100 * time.Millisecond}, 1100 * time.Millisecond},
		"full":      {linkKind{Rate: 8000, Queue: time.Second}, now.Add(1001 * time.Millisecond), nil, 1001 * time.Millisecond},
		"doubled":   {linkKind{Double: 1}, now, []time.Duration{0, time.Millisecond}, 0},
		"overtaken": {linkKind{Reorder: 1, Late: 15 * time.Millisecond}, now, []time.Duration{15 * time.Millisecond}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			free := c.free
			got := c.k.plan(now, &free, 100, rand.New(rand.NewPCG(1, 1)))
			if len(got) != len(c.want) {
				t.Fatalf("plan = %v, want %v", got, c.want)
			}
			for i := range got {
				if got[i].Sub(now) != c.want[i] {
					t.Errorf("packet %d leaves after %v, want %v", i, got[i].Sub(now), c.want[i])
				}
			}
			if c.k.Loss == 0 && free.Sub(now) != c.next {
				t.Errorf("free after %v, want %v", free.Sub(now), c.next)
			}
		})
	}
}

func TestPlanShares(t *testing.T) {
	k := linkKind{Loss: 0.02, Double: 0.05}
	r := rand.New(rand.NewPCG(1, 2))
	var free time.Time
	var lost, twice int
	const n = 100000
	for range n {
		switch len(k.plan(time.Unix(1000, 0), &free, 100, r)) {
		case 0:
			lost++
		case 2:
			twice++
		}
	}
	if lost < n*18/1000 || lost > n*22/1000 || twice < n*45/1000 || twice > n*55/1000 {
		t.Errorf("of %d packets %d lost and %d doubled, want 2 and 5 %%", n, lost, twice)
	}
}

func TestParcels(t *testing.T) {
	at := time.Unix(1000, 0)
	var p parcels
	for _, x := range []parcel{{at.Add(2), 1, nil}, {at, 3, nil}, {at, 2, nil}, {at.Add(1), 4, nil}} {
		heap.Push(&p, x)
	}
	for i, want := range []uint64{2, 3, 4, 1} {
		if got := heap.Pop(&p).(parcel).n; got != want {
			t.Errorf("parcel %d is number %d, want %d", i, got, want)
		}
	}
}

// TestPlaces carries packets across a link between two network namespaces.
func TestPlaces(t *testing.T) {
	k := linkKind{Delay: 5 * time.Millisecond, Double: 1}
	p, err := apart(t.Context(), k)
	if os.Getuid() != 0 {
		if !errors.Is(err, errRights) {
			t.Errorf("without rights: %v", err)
		}
		return
	}
	if err != nil {
		t.Skipf("no network namespaces here: %v", err) // as in many containers
	}
	defer p.close()
	argv := append(append([]string(nil), p.helper...), "bash", "-c", "for i in 1 2 3; do echo > /dev/udp/10.99.0.1/9; done")
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, from := p.link(); from.Carried >= 3 && from.Doubled == from.Carried {
			break
		}
		if time.Now().After(end) {
			a, b := p.link()
			t.Fatalf("carried %+v and %+v", a, b)
		}
	}
}
