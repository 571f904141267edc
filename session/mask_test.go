package session

import (
	"errors"
	"image"
	"testing"

	"beside/frame"
)

// fakeShown are windows on a desktop.
type fakeShown struct {
	at  map[uint32]image.Rectangle
	err error
}

func (f *fakeShown) Shown() (map[uint32]image.Rectangle, error) { return f.at, f.err }

// white is a picture of a white screen whose top left pixel is at the desktop's (100, 50).
func white() *frame.Frame {
	f := &frame.Frame{Origin: image.Pt(100, 50)}
	f.Resize(image.Pt(40, 30))
	for i := range f.Pix {
		f.Pix[i] = 0xff
	}
	f.Damage.Clear()
	return f
}

func greyAt(f *frame.Frame, x, y int) bool { return f.Pix[y*f.Stride+4*x] == maskGrey }

// The window of a question never stands in the picture, from before it is shown until it is gone;
// what was there before the question does.
func TestMask(t *testing.T) {
	own := &fakeShown{at: map[uint32]image.Rectangle{1: image.Rect(100, 50, 140, 54)}} // the bar
	m := mask{own: own}
	f := white()
	m.cover(f)
	if greyAt(f, 2, 2) || len(f.Damage.Rects()) != 0 {
		t.Fatal("something is covered without a question")
	}
	m.begin()
	own.at[2] = image.Rect(110, 60, 120, 70) // the question
	m.cover(f)
	if greyAt(f, 2, 2) || !greyAt(f, 10, 10) || !greyAt(f, 19, 19) || greyAt(f, 20, 20) || greyAt(f, 9, 10) {
		t.Error("not exactly the question is covered")
	}
	if f.Damage.Bounds() != image.Rect(10, 10, 20, 20) {
		t.Errorf("damage %v", f.Damage.Bounds())
	}
	m.end()
	f = white() // its last paint, after the answer
	m.cover(f)
	if !greyAt(f, 10, 10) {
		t.Error("the question shows after the answer, while its window is still there")
	}
	delete(own.at, 2)
	f = white()
	m.cover(f)
	if greyAt(f, 10, 10) {
		t.Error("covered for ever")
	}
	own.at[3] = image.Rect(110, 60, 120, 70)
	f = white()
	m.cover(f)
	if greyAt(f, 10, 10) {
		t.Error("a later window is taken for a question")
	}
	// Where it cannot be told, nothing of the picture goes out.
	m.begin()
	own.err = errors.New("gone")
	f = white()
	m.cover(f)
	if !greyAt(f, 0, 0) || !greyAt(f, 39, 29) {
		t.Error("a picture goes out though nobody knows where the question is")
	}
}

// A window partly or wholly off the shared screen is no trouble.
func TestMaskOutside(t *testing.T) {
	own := &fakeShown{at: map[uint32]image.Rectangle{}}
	m := mask{own: own}
	m.begin()
	own.at[1], own.at[2] = image.Rect(90, 40, 102, 52), image.Rect(1000, 1000, 1100, 1100)
	f := white()
	m.cover(f)
	if !greyAt(f, 1, 1) || greyAt(f, 2, 2) {
		t.Error("wrong place")
	}
}
