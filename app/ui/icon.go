package ui

import (
	"fmt"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"beside/assets"
)

// An IconImage is a stroke icon in a token's colour. Fyne's own recolouring rewrites fills
// and turns stroke icons into blobs, so the colour is put into the SVG text.
type IconImage struct {
	widget.BaseWidget
	name string
	col  fyne.ThemeColorName
	size float32
}

// Icon makes an icon, size units square; the name is that of the file in assets/icons.
func Icon(name string, col fyne.ThemeColorName, size float32) *IconImage {
	i := &IconImage{name: name, col: col, size: size}
	i.ExtendBaseWidget(i)
	return i
}

// Set changes picture and colour.
func (i *IconImage) Set(name string, col fyne.ThemeColorName) {
	if i.name == name && i.col == col {
		return
	}
	i.name, i.col = name, col
	i.Refresh()
}

// MinSize is square.
func (i *IconImage) MinSize() fyne.Size { return fyne.NewSquareSize(i.size) }

// CreateRenderer is for Fyne.
func (i *IconImage) CreateRenderer() fyne.WidgetRenderer { return &painted{w: i} }

func (i *IconImage) paint(s fyne.Size) []fyne.CanvasObject {
	return []fyne.CanvasObject{place(iconPicture(i.name, colour(i.col), i.size), 0, 0, s.Width, s.Height)}
}

func hexOf(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

func iconPicture(name string, c color.Color, size float32) fyne.CanvasObject {
	raw, err := assets.Icons.ReadFile("icons/" + name + ".svg")
	if err != nil { // a test asks for every icon that code names
		return canvas.NewRectangle(color.Transparent)
	}
	svg := strings.ReplaceAll(string(raw), "currentColor", hexOf(c))
	if size <= 20 { // keep the line at about 1.6 units on small sizes
		svg = strings.ReplaceAll(svg, `stroke-width="2"`, `stroke-width="2.1"`)
	}
	return picture(name+hexOf(c)+".svg", []byte(svg))
}

func picture(name string, svg []byte) *canvas.Image {
	im := canvas.NewImageFromResource(fyne.NewStaticResource(name, svg))
	im.FillMode = canvas.ImageFillContain
	return im
}

// A MarkImage is the product's mark in the colours of the variant.
type MarkImage struct {
	widget.BaseWidget
	size float32
}

// Mark makes the mark, size units square.
func Mark(size float32) *MarkImage {
	m := &MarkImage{size: size}
	m.ExtendBaseWidget(m)
	return m
}

// MinSize is square.
func (m *MarkImage) MinSize() fyne.Size { return fyne.NewSquareSize(m.size) }

// CreateRenderer is for Fyne.
func (m *MarkImage) CreateRenderer() fyne.WidgetRenderer { return &painted{w: m} }

func (m *MarkImage) paint(s fyne.Size) []fyne.CanvasObject {
	a, b := hexOf(colour(MarkA)), hexOf(colour(MarkB))
	svg := strings.NewReplacer("#3446D0", a, "#FF7A59", b).Replace(string(assets.Mark))
	return []fyne.CanvasObject{place(picture("mark"+a+".svg", []byte(svg)), 0, 0, s.Width, s.Height)}
}
