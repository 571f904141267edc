package input

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// The HID usages of page 7 that a Key may carry.
const (
	MinUsage = 0x04
	MaxUsage = 0xE7
)

// MaxScroll is the most detents of one Scroll in each direction.
const MaxScroll = 100

// MaxButton is the highest Button.Code.
const MaxButton = 5

// Check says whether e keeps to the limits of its type. Whatever comes from a peer is checked.
func Check(e Event) error {
	ok := false
	switch e := e.(type) {
	case Move:
		ok = fraction(e.X) && fraction(e.Y)
	case Button:
		ok = fraction(e.At.X) && fraction(e.At.Y) && e.Code >= 1 && e.Code <= MaxButton
	case Scroll:
		ok = fraction(e.At.X) && fraction(e.At.Y) && math.Abs(e.DX) <= MaxScroll && math.Abs(e.DY) <= MaxScroll
	case Key:
		ok = e.Usage >= MinUsage && e.Usage <= MaxUsage
	case Text:
		ok = plain(e.S)
	}
	if !ok {
		return fmt.Errorf("%w: %T out of range", ErrRefused, e)
	}
	return nil
}

// fraction is false for NaN too.
func fraction(v float64) bool { return v >= 0 && v <= 1 }

func plain(s string) bool {
	if s == "" || !utf8.ValidString(s) || utf8.RuneCountInString(s) > MaxText {
		return false
	}
	for _, r := range s {
		if (r < ' ' && r != '\n' && r != '\t') || (r >= 0x7f && r < 0xa0) {
			return false
		}
	}
	return true
}
