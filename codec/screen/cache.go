package screen

import (
	"encoding/binary"
	"hash/maphash"
)

// tileSlot pairs a tile with a slot of the cache.
type tileSlot struct{ tile, slot int }

type tileHash struct {
	tile int
	hash uint64
}

const (
	slotFree = iota
	slotFilling
	slotReady
)

// maxRefusals is after how many lost updates in a row that take a tile from a slot the
// slot is no longer believed in.
const maxRefusals = 2

// seenBefore looks at about seenLooks tiles of changes of seenFrom blocks and more.
const (
	seenFrom  = 512
	seenLooks = 8
)

type slot struct {
	state    byte
	refusals byte
	hash     uint64
	fill     uint32 // update that saves to it
}

// cache is what the encoder knows of the decoder's cache of tiles. It keeps hashes under
// a secret seed, no pixels.
type cache struct {
	seed   maphash.Seed
	slots  []slot
	byHash map[uint64]int
	hand   int        // slot to be used next
	tiles  []tileInfo // of last
	buf    []byte
	count  []uint8 // blocks of pixels in each tile, for findTiles
	inUse  []bool
}

type tileInfo struct {
	known bool
	hash  uint64
}

func (c *cache) reset(tiles int) {
	if c.slots == nil {
		c.seed, c.slots, c.byHash = maphash.MakeSeed(), make([]slot, Slots), map[uint64]int{}
		c.inUse = make([]bool, Slots)
	}
	clear(c.slots)
	clear(c.byHash)
	c.hand = 0
	c.tiles = resized(c.tiles, tiles)
	clear(c.tiles)
	c.count = resized(c.count, tiles)
}

// changed says that a block of tile t is not as it was.
func (c *cache) changed(t int) { c.tiles[t].known = false }

func (c *cache) filling(s tileSlot, id uint32) {
	c.slots[s.slot].fill = id
}

func (c *cache) acked(id uint32, u *outstanding) {
	for _, s := range u.saves {
		if k := &c.slots[s]; k.state == slotFilling && k.fill == id {
			k.state = slotReady
		}
	}
	for _, s := range u.refs {
		c.slots[s].refusals = 0
	}
}

func (c *cache) lost(id uint32, u *outstanding) {
	for _, s := range u.saves {
		if c.slots[s].fill == id {
			c.drop(int(s))
		}
	}
	for _, s := range u.refs {
		if k := &c.slots[s]; k.state == slotReady {
			if k.refusals++; k.refusals >= maxRefusals {
				c.drop(int(s))
			}
		}
	}
}

func (c *cache) drop(s int) {
	k := &c.slots[s]
	if k.state != slotFree && c.byHash[k.hash] == s {
		delete(c.byHash, k.hash)
	}
	*k = slot{}
}

// allot finds a slot for a tile of that hash; false if it has one, or there is none.
func (c *cache) allot(hash uint64) (int, bool) {
	if _, have := c.byHash[hash]; have {
		return 0, false
	}
	for range 64 {
		s := c.hand
		c.hand = (c.hand + 1) % Slots
		if !c.inUse[s] {
			c.drop(s)
			c.slots[s] = slot{state: slotFilling, hash: hash}
			c.byHash[hash] = s
			c.inUse[s] = true
			return s, true
		}
	}
	return 0, false
}

// hashTile hashes tile t of v as it lies in memory: a tile of equal colours may be missed
// where the bytes without meaning differ, but none is taken for another.
func (e *Encoder) hashTile(v view, t int) uint64 {
	x, y, w, h := e.grid.tileRect(t)
	c := &e.cache
	c.buf = append(c.buf[:0], byte(w), byte(h))
	for r := range h {
		c.buf = binary.LittleEndian.AppendUint64(c.buf, maphash.Bytes(c.seed, v.row(x, y+r, w)))
	}
	return maphash.Bytes(c.seed, c.buf)
}

// knowTile remembers the hash of a tile that was looked up, if last is like it now.
func (e *Encoder) knowTile(h tileHash) {
	whole := true
	e.grid.inTile(h.tile, func(b int) {
		whole = whole && !e.dirty.has(b) && !e.held.has(b) && !e.inexact.has(b) && !e.lost.has(b) && !e.never.has(b)
	})
	if whole {
		e.cache.tiles[h.tile] = tileInfo{true, h.hash}
	}
}

// findTiles takes tiles of which much is to be carried from the cache, and sees to it that
// what they replace is kept.
func (e *Encoder) findTiles() {
	c := &e.cache
	clear(c.count)
	for _, b := range e.todo {
		c.count[e.grid.tileOf(int(b))]++
	}
	clear(c.inUse)
	found := false
	for t, n := range c.count {
		if !e.replaced(t, n) || len(c.byHash) == 0 || !e.unheld(t) {
			continue
		}
		hash := e.hashTile(e.src, t)
		e.hashes = append(e.hashes, tileHash{t, hash})
		if s, ok := c.byHash[hash]; ok && c.slots[s].state == slotReady {
			e.refs = append(e.refs, tileSlot{t, s})
			c.inUse[s], found = true, true
			e.grid.inTile(t, func(b int) { e.kind[b] = kindRef })
		}
	}
	for t, n := range c.count {
		if !e.replaced(t, n) || !e.settledTile(t) {
			continue
		}
		hash := c.tiles[t].hash
		if !c.tiles[t].known {
			hash = e.hashTile(e.last, t)
		}
		if s, ok := c.allot(hash); ok {
			e.saves = append(e.saves, tileSlot{t, s})
		}
	}
	if found {
		e.drop()
		copies := e.copied[:0]
		for _, b := range e.copied {
			if e.kind[b] != kindRef {
				copies = append(copies, b)
			}
		}
		e.copied = copies
	}
}

// replaced says whether n blocks of pixels are so much of tile t that the cache is to serve it.
func (e *Encoder) replaced(t int, n uint8) bool {
	if n == 0 {
		return false
	}
	_, _, w, h := e.grid.tileRect(t)
	return 2*Block*Block*int(n) >= w*h
}

// seenBefore looks at a few tiles all of which is to be carried, and says whether most of
// them are in the cache.
func (e *Encoder) seenBefore() bool {
	c := &e.cache
	if len(c.byHash) == 0 || len(e.todo) < seenFrom {
		return false
	}
	looked, hits := 0, 0
	for i := 0; i < len(e.todo); i += len(e.todo) / seenLooks {
		t := e.grid.tileOf(int(e.todo[i]))
		whole := true
		e.grid.inTile(t, func(b int) { whole = whole && e.kind[b] == kindRaw })
		if !whole {
			continue
		}
		looked++
		if s, ok := c.byHash[e.hashTile(e.src, t)]; ok && c.slots[s].state == slotReady {
			hits++
		}
	}
	return hits*2 > looked
}

// unheld says that no block of tile t is another codec's.
func (e *Encoder) unheld(t int) bool {
	free := true
	e.grid.inTile(t, func(b int) { free = free && !e.held.has(b) })
	return free
}

// settledTile says that the receiver is known to hold all of tile t, exactly.
func (e *Encoder) settledTile(t int) bool {
	ok := true
	e.grid.inTile(t, func(b int) {
		ok = ok && !e.never.has(b) && !e.lost.has(b) && !e.unacked.has(b) && !e.inexact.has(b) && !e.held.has(b)
	})
	return ok
}
