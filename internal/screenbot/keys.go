package screenbot

import (
	"errors"
	"fmt"
	"image"
	"math/bits"

	"github.com/jezek/xgb/xproto"
)

// Keysyms of keys that make no character.
const (
	Return    xproto.Keysym = 0xff0d
	Tab       xproto.Keysym = 0xff09
	Escape    xproto.Keysym = 0xff1b
	BackSpace xproto.Keysym = 0xff08
	Shift     xproto.Keysym = 0xffe1
	Control   xproto.Keysym = 0xffe3
)

// readKeyboard learns which key makes which keysym.
func (b *Bot) readKeyboard() error {
	setup := xproto.Setup(b.conn)
	count := byte(setup.MaxKeycode - setup.MinKeycode + 1)
	m, err := xproto.GetKeyboardMapping(b.conn, setup.MinKeycode, count).Reply()
	if err != nil {
		return fmt.Errorf("keyboard: %w", err)
	}
	b.keys = map[xproto.Keysym]key{}
	per := int(m.KeysymsPerKeycode)
	for i := range int(count) { // in the order of the keys: others repeat what the main ones have
		for level := range min(per, 2) { // without and with shift
			sym := m.Keysyms[i*per+level]
			if _, known := b.keys[sym]; sym != 0 && !known {
				b.keys[sym] = key{setup.MinKeycode + xproto.Keycode(i), level == 1}
			}
		}
	}
	shift, ok := b.keys[Shift]
	if !ok {
		return fmt.Errorf("keyboard: %w: shift", ErrKey)
	}
	b.shift = shift.code
	return nil
}

// Key presses or releases the key that makes sym without shift.
func (b *Bot) Key(sym xproto.Keysym, down bool) error {
	k, ok := b.keys[sym]
	if !ok {
		return fmt.Errorf("%w: keysym %#x", ErrKey, uint32(sym))
	}
	kind := byte(xproto.KeyRelease)
	if down {
		kind = xproto.KeyPress
	}
	return b.fake(kind, byte(k.code), image.Point{})
}

// Tap presses keys one after the other and releases them in reverse, such as Control, 's'.
func (b *Bot) Tap(syms ...xproto.Keysym) error {
	var errs []error
	for _, s := range syms {
		errs = append(errs, b.Key(s, true))
	}
	for i := range syms {
		errs = append(errs, b.Key(syms[len(syms)-1-i], false))
	}
	return errors.Join(errs...)
}

// Type types text; a newline is Return. Only characters of the display's keyboard map can be typed.
func (b *Bot) Type(text string) error {
	for _, r := range text {
		sym := xproto.Keysym(r)
		switch {
		case r == '\n':
			sym = Return
		case r == '\t':
			sym = Tab
		case r > 0xff:
			sym = 0x01000000 | xproto.Keysym(r)
		}
		k, ok := b.keys[sym]
		if !ok {
			return fmt.Errorf("%w: %q", ErrKey, r)
		}
		var errs []error
		if k.shift {
			errs = append(errs, b.fake(xproto.KeyPress, byte(b.shift), image.Point{}))
		}
		errs = append(errs, b.fake(xproto.KeyPress, byte(k.code), image.Point{}), b.fake(xproto.KeyRelease, byte(k.code), image.Point{}))
		if k.shift {
			errs = append(errs, b.fake(xproto.KeyRelease, byte(b.shift), image.Point{}))
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return nil
}

// Held counts the keys that are down on the display, whoever pressed them.
func (b *Bot) Held() (int, error) {
	r, err := xproto.QueryKeymap(b.conn).Reply()
	if err != nil {
		return 0, fmt.Errorf("screenbot: keys: %w", err)
	}
	n := 0
	for _, k := range r.Keys {
		n += bits.OnesCount8(k)
	}
	return n, nil
}
