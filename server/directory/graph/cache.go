package graph

import (
	"context"
	"fmt"
	"sync"
	"time"

	"beside/server/directory"
)

// cache keeps answers for a while. Who asks for what somebody else is fetching waits for them.
// That something does not exist is an answer too; that there is none is never kept.
type cache[V any] struct {
	life   time.Duration
	most   int           // answers kept
	within time.Duration // for one fetch

	mu      sync.Mutex
	entries map[string]*entry[V]
}

type entry[V any] struct {
	ready chan struct{} // closed when the rest is set
	result[V]
	until time.Time
}

type result[V any] struct {
	v   V
	err error
}

func newCache[V any](life time.Duration, most int, within time.Duration) *cache[V] {
	return &cache[V]{life: life, most: most, within: within, entries: map[string]*entry[V]{}}
}

// get answers for keys, in their order. fetch is asked for those that are neither kept nor being
// fetched, and must answer in the order of its keys. It goes on when ctx ends, since others may
// wait for it. An error that is not directory.ErrUnknown wraps directory.ErrUnavailable.
func (c *cache[V]) get(ctx context.Context, keys []string, fetch func(ctx context.Context, keys []string) ([]result[V], error)) []result[V] {
	all, mine := c.claim(keys)
	if len(mine) > 0 {
		c.fetch(ctx, mine, all, fetch)
	}
	out := make([]result[V], len(keys))
	for i, k := range keys {
		select {
		case <-all[k].ready:
		case <-ctx.Done():
		}
		if all[k].settled() {
			out[i] = all[k].result
		} else {
			out[i].err = fmt.Errorf("%w: %w", directory.ErrUnavailable, ctx.Err())
		}
	}
	return out
}

// claim finds the entries of keys and makes those that are missing, which are the caller's to settle.
func (c *cache[V]) claim(keys []string) (all map[string]*entry[V], mine []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all = make(map[string]*entry[V], len(keys))
	now := time.Now()
	for _, k := range keys {
		e := c.entries[k]
		if e == nil || e.settled() && !now.Before(e.until) {
			e = &entry[V]{ready: make(chan struct{})}
			c.entries[k] = e
			mine = append(mine, k)
		}
		all[k] = e
	}
	c.shrink(now)
	return all, mine
}

func (e *entry[V]) settled() bool {
	select {
	case <-e.ready:
		return true
	default:
		return false
	}
}

// fetch settles the entries of mine, whatever happens.
func (c *cache[V]) fetch(ctx context.Context, mine []string, all map[string]*entry[V], fetch func(context.Context, []string) ([]result[V], error)) {
	var got []result[V]
	err := fmt.Errorf("%w: the question broke off", directory.ErrUnavailable)
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for i, k := range mine {
			e := all[k]
			if e.err = err; err == nil {
				e.result = got[i]
			}
			e.until = time.Now().Add(c.life)
			if e.err != nil && !isUnknown(e.err) && c.entries[k] == e {
				delete(c.entries, k)
			}
			close(e.ready)
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.within)
	defer cancel()
	got, err = fetch(ctx, mine)
}

// peek is what is kept, without asking anybody.
func (c *cache[V]) peek(key string) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if e == nil || !e.settled() || e.err != nil || !time.Now().Before(e.until) {
		return v, false
	}
	return e.v, true
}

// put keeps an answer that was had in another way.
func (c *cache[V]) put(key string, v V) {
	e := &entry[V]{ready: make(chan struct{}), result: result[V]{v: v}, until: time.Now().Add(c.life)}
	close(e.ready)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries[key] = e
	c.shrink(time.Now())
}

// shrink forgets what is old, and if that is not enough, anything that is settled.
func (c *cache[V]) shrink(now time.Time) {
	for _, all := range []bool{false, true} {
		if len(c.entries) <= c.most {
			return
		}
		for k, e := range c.entries {
			if e.settled() && (all || !now.Before(e.until)) {
				delete(c.entries, k)
			}
			if all && len(c.entries) <= c.most {
				return
			}
		}
	}
}
