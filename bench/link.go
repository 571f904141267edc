package main

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

// A linkKind says how a link between two places behaves, each way.
type linkKind struct {
	Name    string
	Delay   time.Duration // one way
	Loss    float64       // share of packets lost
	Rate    float64       // bits per second; 0: no limit
	Queue   time.Duration // packets that would wait longer are dropped
	Double  float64       // share of packets that come twice
	Reorder float64       // share of packets that are overtaken
	Late    time.Duration // how much later those come
}

// plan says when a packet that enters at now leaves: never, once or twice. free is when
// the packets before it have been sent, and is brought up to date.
func (k linkKind) plan(now time.Time, free *time.Time, size int, r *rand.Rand) []time.Time {
	if r.Float64() < k.Loss {
		return nil
	}
	if free.Before(now) {
		*free = now
	}
	if k.Rate > 0 {
		if free.Sub(now) > k.Queue {
			return nil
		}
		*free = free.Add(time.Duration(float64(8*size) / k.Rate * float64(time.Second)))
	}
	at := free.Add(k.Delay)
	if r.Float64() < k.Reorder {
		at = at.Add(k.Late)
	}
	if r.Float64() < k.Double {
		return []time.Time{at, at.Add(time.Millisecond)}
	}
	return []time.Time{at}
}

// parcel is a packet on its way; n keeps the order of those that leave at the same moment.
type parcel struct {
	at time.Time
	n  uint64
	b  []byte
}

type parcels []parcel

func (p parcels) Len() int { return len(p) }
func (p parcels) Less(i, j int) bool {
	return p[i].at.Before(p[j].at) || p[i].at.Equal(p[j].at) && p[i].n < p[j].n
}
func (p parcels) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *parcels) Push(x any)   { *p = append(*p, x.(parcel)) } //nolint:forcetypeassert // only we push
func (p *parcels) Pop() any {
	old := *p
	last := old[len(old)-1]
	*p = old[:len(old)-1]
	return last
}

// counts are of one direction.
type counts struct{ Carried, Lost, Doubled int64 }

// carry takes packets from one end to the other until in is closed.
func (k linkKind) carry(ctx context.Context, in, out *os.File, mu *sync.Mutex, c *counts) {
	came := make(chan parcel, 4096)
	go k.deliver(ctx, came, out)
	defer close(came)
	r := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	var free time.Time
	var n uint64
	buf := make([]byte, 64<<10)
	for {
		size, err := in.Read(buf)
		if err != nil {
			return
		}
		times := k.plan(time.Now(), &free, size, r)
		mu.Lock()
		switch len(times) {
		case 0:
			c.Lost++
		case 2:
			c.Doubled++
			fallthrough
		default:
			c.Carried++
		}
		mu.Unlock()
		for _, at := range times {
			n++
			select {
			case came <- parcel{at, n, append([]byte(nil), buf[:size]...)}:
			case <-ctx.Done():
				return
			}
		}
	}
}

// deliver writes each packet at its time.
func (k linkKind) deliver(ctx context.Context, came <-chan parcel, out *os.File) {
	var waiting parcels
	t := time.NewTimer(time.Hour)
	defer t.Stop()
	for {
		if len(waiting) > 0 {
			t.Reset(time.Until(waiting[0].at))
		} else {
			t.Reset(time.Hour)
		}
		select {
		case p, ok := <-came:
			if !ok {
				return
			}
			heap.Push(&waiting, p)
		case <-t.C:
		case <-ctx.Done():
			return
		}
		for now := time.Now(); len(waiting) > 0 && !waiting[0].at.After(now); {
			p := heap.Pop(&waiting).(parcel) //nolint:forcetypeassert // only parcels are pushed
			_, _ = out.Write(p.b)            // a full device loses it, as any link may
		}
	}
}
