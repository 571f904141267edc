package picture

import (
	"image"
	"testing"
)

func TestAttention(t *testing.T) {
	size, pointer := image.Pt(1000, 1000), image.Pt(10, 20)
	var a attention
	if got := a.focus(pointer, size); got != pointer {
		t.Errorf("focus %v, want the pointer %v", got, pointer)
	}
	video, key := image.Rect(300, 300, 900, 700), image.Rect(500, 100, 508, 116)
	a.drawn([]image.Rectangle{video})
	if got := a.focus(pointer, size); got != pointer {
		t.Errorf("beside a film: focus %v, want the pointer %v", got, pointer)
	}
	a.drawn([]image.Rectangle{video, key})
	if got, want := a.focus(pointer, size), image.Pt(504, 108); got != want {
		t.Errorf("after a key: focus %v, want %v", got, want)
	}
	pointer = image.Pt(40, 40)
	if got := a.focus(pointer, size); got != pointer {
		t.Errorf("after the pointer moved: focus %v, want %v", got, pointer)
	}
	elsewhere := 0
	for range 10 {
		a.sent(true)
		if a.focus(pointer, size) != pointer {
			elsewhere++
		}
	}
	if elsewhere != 5 {
		t.Errorf("%d of 10 pictures that leave something out began elsewhere, want 5", elsewhere)
	}
}
