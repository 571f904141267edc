package glass

import (
	"reflect"
	"unsafe"

	"fyne.io/fyne/v2"
	_ "fyne.io/fyne/v2/app" // links the driver that drawSingleFrame belongs to
)

// drawSingleFrame paints the driver's windows that need it. Fyne has no exported way to
// paint before its next tick. The signature is Fyne 2.7.1's; TestPaintNow guards it.
//
//go:linkname drawSingleFrame fyne.io/fyne/v2/internal/driver/glfw.(*gLDriver).drawSingleFrame
func drawSingleFrame(driver unsafe.Pointer)

// canPaintNow says whether the running driver is the one drawSingleFrame belongs to.
func canPaintNow() bool {
	t := reflect.TypeOf(fyne.CurrentApp().Driver())
	return t.Kind() == reflect.Pointer &&
		t.Elem().PkgPath() == "fyne.io/fyne/v2/internal/driver/glfw" && t.Elem().Name() == "gLDriver"
}

// paintNow paints all windows that need it. Fyne goroutine, canPaintNow only.
func paintNow() {
	d := fyne.CurrentApp().Driver()
	drawSingleFrame(reflect.ValueOf(d).UnsafePointer())
}
