//go:build linux && cgo

package robot

import (
	"fmt"
	"time"
	"unicode"

	"github.com/jezek/xgb/xproto"

	"beside/input"
)

// settle is how long a program may take to read the layout after a key press. It is waited for only
// when more characters that the layout lacks were typed at once than there are spare key codes; on a
// busy machine a shorter wait turned letters into others.
const settle = 400 * time.Millisecond

// X's names of keys that text needs.
const (
	symReturn = 0xff0d
	symTab    = 0xff09
	symShift  = 0xffe1
	symLevel3 = 0xfe03 // AltGr
)

// A stroke is how to type one character.
type stroke struct {
	code          byte
	shift, level3 bool
}

// layout is the keyboard as the server last described it.
type layout struct {
	first  byte // key code of syms[0]
	per    int  // symbols for each key
	syms   []xproto.Keysym
	mods   map[byte]bool // key codes that hold a modifier, without the locks
	shift  byte          // 0 if there is none
	level3 byte
}

// A spare is an unused key code and the symbol put on it, 0 if none.
type spare struct {
	code byte
	sym  xproto.Keysym
	used time.Time
}

// load reads the layout, and finds spare key codes the first time.
func (r *Robot) load() error {
	setup := xproto.Setup(r.c.Conn)
	first, n := setup.MinKeycode, byte(setup.MaxKeycode-setup.MinKeycode+1)
	m, err := xproto.GetKeyboardMapping(r.c.Conn, first, n).Reply()
	if err != nil {
		return r.failed(err)
	}
	mods, err := xproto.GetModifierMapping(r.c.Conn).Reply()
	if err != nil {
		return r.failed(err)
	}
	l := layout{first: byte(first), per: int(m.KeysymsPerKeycode), syms: m.Keysyms, mods: map[byte]bool{}}
	for i := 0; i < len(m.Keysyms)/max(l.per, 1); i++ {
		code := l.first + byte(i)
		switch m.Keysyms[i*l.per] {
		case symShift:
			l.shift = code
		case symLevel3:
			l.level3 = code
		}
	}
	const lockRow = 1
	width := int(mods.KeycodesPerModifier)
	for i, code := range mods.Keycodes {
		// Num Lock toggles too, but holding it does nothing to letters.
		if code != 0 && i/width != lockRow && l.at(byte(code), 0) != 0xff7f {
			l.mods[byte(code)] = true
		}
	}
	r.layout = l
	if r.spare == nil {
		for i := len(m.Keysyms)/max(l.per, 1) - 1; i >= 0 && len(r.spare) < 32; i-- {
			if code := l.first + byte(i); l.empty(code) && !l.mods[code] { //nolint:gosec // bounded by the protocol
				r.spare = append(r.spare, spare{code: code})
			}
		}
	}
	return nil
}

func (l *layout) at(code byte, column int) xproto.Keysym {
	i := int(code-l.first)*l.per + column
	if code < l.first || column >= l.per || i >= len(l.syms) {
		return 0
	}
	return l.syms[i]
}

func (l *layout) empty(code byte) bool {
	for c := range l.per {
		if l.at(code, c) != 0 {
			return false
		}
	}
	return true
}

// symbols are X's names of a character; layouts use the old name where there is one.
func symbols(c rune) []xproto.Keysym {
	switch {
	case c == '\n':
		return []xproto.Keysym{symReturn}
	case c == '\t':
		return []xproto.Keysym{symTab}
	case c <= 0xff:
		return []xproto.Keysym{xproto.Keysym(c)} //nolint:gosec // bounded by the protocol
	case c == '€':
		return []xproto.Keysym{0x20ac, 0x010020ac}
	}
	return []xproto.Keysym{0x01000000 | xproto.Keysym(c)}
}

// find looks for a symbol where the active group has it: plain, Shift, AltGr, both.
func (l *layout) find(syms []xproto.Keysym, group int, skip func(byte) bool) (stroke, bool) {
	columns := []int{0, 1, 4, 5}
	if group == 1 {
		columns = []int{2, 3}
	} else if group > 1 {
		return stroke{}, false // the core protocol does not show it
	}
	for level, column := range columns {
		s := stroke{shift: level&1 == 1, level3: level >= 2}
		if s.shift && l.shift == 0 || s.level3 && l.level3 == 0 {
			continue
		}
		for i := 0; i < len(l.syms)/max(l.per, 1); i++ {
			s.code = l.first + byte(i)
			for _, sym := range syms {
				if l.at(s.code, column) == sym && !skip(s.code) {
					return s, true
				}
			}
		}
	}
	return stroke{}, false
}

// text types s and returns when the server took all of it. Modifiers that are down are
// lifted for it and put back.
func (r *Robot) text(s string) error {
	if r.stale.Swap(false) {
		if err := r.load(); err != nil {
			return err
		}
	}
	state, err := xproto.QueryPointer(r.c.Conn, r.c.Root).Reply()
	if err != nil {
		return r.failed(err)
	}
	keys, err := xproto.QueryKeymap(r.c.Conn).Reply()
	if err != nil {
		return r.failed(err)
	}
	var lifted []byte
	for code := range r.layout.mods {
		if keys.Keys[code/8]&(1<<(code%8)) != 0 {
			lifted = append(lifted, code)
			r.post(xproto.KeyRelease, code)
		}
	}
	group, caps := int(state.Mask>>13&3), state.Mask&xproto.ModMaskLock != 0
	for _, c := range s {
		if err = r.char(c, group, caps); err != nil {
			break
		}
	}
	for _, code := range lifted {
		r.post(xproto.KeyPress, code)
	}
	if _, syncErr := xproto.GetInputFocus(r.c.Conn).Reply(); err == nil {
		err = r.failed(syncErr)
	}
	return err
}

func (r *Robot) char(c rune, group int, caps bool) error {
	k, ok := r.layout.find(symbols(c), group, r.isSpare)
	if !ok {
		code, err := r.borrow(c)
		if err != nil {
			return err
		}
		k = stroke{code: code, shift: unicode.ToLower(c) != c && r.layout.shift != 0}
	}
	if caps && unicode.ToLower(c) != unicode.ToUpper(c) && r.layout.shift != 0 {
		k.shift = !k.shift // Caps Lock turns Shift round for letters
	}
	press := func(kind byte) {
		if k.level3 {
			r.post(kind, r.layout.level3)
		}
		if k.shift {
			r.post(kind, r.layout.shift)
		}
	}
	press(xproto.KeyPress)
	r.post(xproto.KeyPress, k.code)
	r.post(xproto.KeyRelease, k.code)
	press(xproto.KeyRelease)
	return nil
}

func (r *Robot) isSpare(code byte) bool {
	for _, s := range r.spare {
		if s.code == code {
			return true
		}
	}
	return false
}

// borrow puts c on the spare key code that was used longest ago.
func (r *Robot) borrow(c rune) (byte, error) {
	syms := symbols(c)
	sym := syms[len(syms)-1]
	lower, upper := symbols(unicode.ToLower(c)), symbols(unicode.ToUpper(c))
	pair := [2]xproto.Keysym{lower[len(lower)-1], upper[len(upper)-1]}
	if sym != pair[0] && sym != pair[1] { // ǅ and its like
		pair = [2]xproto.Keysym{sym, sym}
	}
	if len(r.spare) == 0 {
		return 0, fmt.Errorf("%w: no key is free for a character this layout lacks", input.ErrRefused)
	}
	oldest := &r.spare[0]
	for i := range r.spare {
		s := &r.spare[i]
		if s.sym == pair[0] {
			s.used = time.Now()
			return s.code, nil
		}
		if s.used.Before(oldest.used) {
			oldest = s
		}
	}
	// What was typed with this code a moment ago must have been read.
	time.Sleep(settle - time.Since(oldest.used)) //nolint:forbidigo // programs read the new key table when they get to it, and say nothing
	if err := r.put(oldest.code, pair); err != nil {
		return 0, err
	}
	oldest.sym, oldest.used = pair[0], time.Now()
	return oldest.code, nil
}

// put gives a key code a symbol without and with Shift, in every group.
func (r *Robot) put(code byte, pair [2]xproto.Keysym) error {
	per := max(r.layout.per, 2)
	syms := make([]xproto.Keysym, per)
	for i := range syms {
		syms[i] = pair[i%2]
	}
	return r.failed(xproto.ChangeKeyboardMappingChecked(r.c.Conn, 1, xproto.Keycode(code), byte(per), syms).Check()) //nolint:gosec // bounded by the protocol
}

// restore empties the spare key codes.
func (r *Robot) restore() {
	for i, s := range r.spare {
		if s.sym != 0 {
			time.Sleep(settle - time.Since(s.used)) //nolint:forbidigo // programs read the new key table when they get to it, and say nothing
			_ = r.put(s.code, [2]xproto.Keysym{})
			r.spare[i].sym = 0
		}
	}
}
