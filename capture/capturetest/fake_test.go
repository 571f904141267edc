package capturetest_test

import (
	"errors"
	"image"
	"testing"

	"beside/capture"
	"beside/capture/capturetest"
	"beside/frame"
)

func TestFakeContract(t *testing.T) {
	capturetest.Contract(t, func(*testing.T) capturetest.Rig {
		f := capturetest.NewFake(image.Pt(320, 200))
		return capturetest.Rig{Source: f, Fill: f.Fill, Point: func(p image.Point) {
			f.Point(frame.Cursor{Pos: p, Visible: true})
		}}
	})
}

func TestFakeFails(t *testing.T) {
	f := capturetest.NewFake(image.Pt(32, 20))
	f.Fail(capture.ErrTemporary)
	var dst frame.Frame
	if err := f.Next(t.Context(), &dst); !errors.Is(err, capture.ErrTemporary) {
		t.Errorf("Next = %v, want ErrTemporary", err)
	}
	if err := f.Next(t.Context(), &dst); err != nil {
		t.Errorf("Next after the error = %v", err)
	}
}
