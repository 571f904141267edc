package screen

import "math/bits"

// write carries an update out that was found good.
func (d *Decoder) write(id uint32, dst view) {
	d.damage = d.damage[:0]
	for _, s := range d.saves {
		d.save(id, s, dst)
	}
	d.copies(id, dst)
	for _, r := range d.runs {
		if r.kind >= kindCopy {
			d.claim(id, r, nil)
		}
	}
	pixels, planes, at := d.pixels, d.planes, 0
	step := d.deltas * blockPixels
	for _, r := range d.runs {
		switch r.kind {
		case kindRaw, kindXor:
			x, y, w, h := d.grid.runRect(r)
			in := pixels[:3*w*h]
			pixels = pixels[3*w*h:]
			d.claim(id, r, func(p run) {
				px, _, pw, _ := d.grid.runRect(p)
				for i := range h {
					out, src := dst.row(px, y+i, pw), in[3*(i*w+px-x):][:3*pw]
					if r.kind == kindXor {
						unpackXor(out, src)
					} else {
						unpack(out, src)
					}
				}
			})
		case kindRows:
			x, y, w, h := d.grid.runRect(r)
			n := 3 * w * bits.OnesCount16(r.carried)
			in := pixels[:n]
			pixels = pixels[n:]
			d.claim(id, r, func(p run) {
				px, _, pw, _ := d.grid.runRect(p)
				k := 0
				for i := range h {
					if r.carried>>i&1 == 1 {
						unpack(dst.row(px, y+i, pw), in[3*(k*w+px-x):][:3*pw])
						k++
					}
				}
			})
		case kindDelta:
			from := at
			at += r.n * blockPixels
			d.claim(id, r, func(p run) {
				for i := range p.n {
					x, y, _, _ := d.grid.rect(p.b + i)
					undelta(dst, x, y, planes[from+(p.b-r.b+i)*blockPixels:], step)
				}
			})
		}
	}
	for _, s := range d.refs {
		x, y, w, h := d.grid.tileRect(s.tile)
		tile := view{d.cache[s.slot].pix, 4 * Tile}
		for by := y / Block; by*Block < y+h; by++ {
			r := run{b: by*d.grid.cols + x/Block, n: (w + Block - 1) / Block}
			d.claim(id, r, func(p run) {
				px, py, pw, ph := d.grid.runRect(p)
				for i := range ph {
					copy(dst.row(px, py+i, pw), tile.row(px-x, py-y+i, pw))
				}
			})
		}
	}
}

// claim gives id to the blocks of r that are older, and calls do for each part of r that is.
func (d *Decoder) claim(id uint32, r run, do func(part run)) {
	for i := 0; i < r.n; {
		j := i
		for j < r.n && newer(id, d.ids[r.b+j]) {
			d.ids[r.b+j] = id
			d.damaged(r.b + j)
			j++
		}
		if j > i && do != nil {
			do(run{b: r.b + i, n: j - i, kind: r.kind})
		}
		i = j + 1
	}
}

// save keeps a tile of the picture as it is.
func (d *Decoder) save(id uint32, s tileSlot, pic view) {
	c := &d.cache[s.slot]
	if !newer(id, c.id) {
		return
	}
	c.id, c.good = id, true
	d.grid.inTile(s.tile, func(b int) { c.good = c.good && newer(id, d.ids[b]) })
	if !c.good {
		return
	}
	if c.pix == nil {
		c.pix = make([]byte, 4*Tile*Tile)
	}
	x, y, w, h := d.grid.tileRect(s.tile)
	for i := range h {
		copy(c.pix[4*Tile*i:], pic.row(x, y+i, w))
	}
}

// copies moves what is copied, of the blocks that are older than id, without giving them that id yet.
// One vector's copies can be made in place in the right order; the others' are first put aside.
func (d *Decoder) copies(id uint32, dst view) {
	if len(d.vectors) == 0 {
		return
	}
	var served [MaxVectors]int
	for _, r := range d.runs {
		if r.kind >= kindCopy {
			served[r.kind-kindCopy] += r.n
		}
	}
	main := 0
	for k, n := range served {
		if n > served[main] {
			main = k
		}
	}
	d.aside = d.aside[:0]
	for _, r := range d.runs {
		k, copied := copyOf(r)
		if copied == 0 || r.kind == byte(kindCopy+main) {
			continue
		}
		x, y, w, h := d.grid.runRect(r)
		v := d.vectors[k]
		for i := range h {
			if copied>>i&1 == 1 {
				d.aside = append(d.aside, dst.row(x+v.dx, y+v.dy+i, w)...)
			}
		}
	}
	d.shift(id, dst, byte(kindCopy+main))
	aside := d.aside
	for _, r := range d.runs {
		_, copied := copyOf(r)
		if copied == 0 || r.kind == byte(kindCopy+main) {
			continue
		}
		x, y, w, h := d.grid.runRect(r)
		copied &= allRows(h)
		d.older(id, r, func(p run) {
			px, _, pw, _ := d.grid.runRect(p)
			k := 0
			for i := range h {
				if copied>>i&1 == 1 {
					copy(dst.row(px, y+i, pw), aside[4*(k*w+px-x):])
					k++
				}
			}
		})
		aside = aside[4*w*bits.OnesCount16(copied):]
	}
}

// copyOf is the number of the vector and the rows that r copies; none for other kinds.
func copyOf(r run) (vector int, copied uint16) {
	switch {
	case r.kind >= kindCopy:
		return int(r.kind - kindCopy), allRows(Block)
	case r.kind == kindRows:
		return int(r.vector), r.copied
	}
	return 0, 0
}

// older calls do for each part of r whose blocks are older than id.
func (d *Decoder) older(id uint32, r run, do func(part run)) {
	for i := 0; i < r.n; {
		j := i
		for j < r.n && newer(id, d.ids[r.b+j]) {
			j++
		}
		if j > i {
			do(run{b: r.b + i, n: j - i, kind: r.kind})
		}
		i = j + 1
	}
}

// shift makes the copies of one kind in place: line by line, away from where they come from, so that
// nothing is read after it was written.
func (d *Decoder) shift(id uint32, dst view, kind byte) {
	v := d.vectors[kind-kindCopy]
	runs := d.runs
	for len(runs) > 0 {
		// All runs of one row of blocks, from the top, or from the bottom if the source is above.
		var line []run
		if v.dy >= 0 {
			n := 1
			for n < len(runs) && runs[n].b/d.grid.cols == runs[0].b/d.grid.cols {
				n++
			}
			line, runs = runs[:n], runs[n:]
		} else {
			n := len(runs) - 1
			for n > 0 && runs[n-1].b/d.grid.cols == runs[len(runs)-1].b/d.grid.cols {
				n--
			}
			line, runs = runs[n:], runs[:n]
		}
		_, y, _, h := d.grid.rect(line[0].b)
		for i := range h {
			row := y + i
			if v.dy < 0 {
				row = y + h - 1 - i
			}
			for j := range line {
				r := line[j]
				if v.dx < 0 {
					r = line[len(line)-1-j]
				}
				if r.kind != kind {
					continue
				}
				d.shiftRow(id, dst, r, row, v)
			}
		}
	}
}

// shiftRow copies one row of pixels of a run.
func (d *Decoder) shiftRow(id uint32, dst view, r run, y int, v vector) {
	x, _, w, _ := d.grid.runRect(r)
	whole := true
	for i := range r.n {
		whole = whole && newer(id, d.ids[r.b+i])
	}
	if whole {
		copy(dst.row(x, y, w), dst.row(x+v.dx, y+v.dy, w))
		return
	}
	for i := range r.n {
		if v.dx < 0 {
			i = r.n - 1 - i
		}
		if newer(id, d.ids[r.b+i]) {
			px, _, pw, _ := d.grid.rect(r.b + i)
			copy(dst.row(px, y, pw), dst.row(px+v.dx, y+v.dy, pw))
		}
	}
}
