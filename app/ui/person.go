package ui

import "fyne.io/fyne/v2"

// Person is what the directory says of somebody; nothing in it comes from the peer.
type Person struct {
	Object                            string // picks the avatar's colour
	Name, First, Job, Company, Domain string
	Photo                             []byte // PNG or JPEG, may be nil
}

// FirstName is the given name, else the name, else other.
func (p Person) FirstName(other string) string {
	if s := Clean(p.First); s != "" {
		return s
	}
	return p.FullName(other)
}

// FullName is the display name, else other.
func (p Person) FullName(other string) string {
	if s := Clean(p.Name); s != "" {
		return s
	}
	return other
}

// Avatar is the person's picture, size units across.
func (p Person) Avatar(size float32) *AvatarImage { return Avatar(p.Object, p.Name, p.Photo, size) }

// PersonCard names somebody with the mark of a checked domain; more rows go under a rule.
// A missing field leaves no gap, a long name wraps.
func PersonCard(p Person, rows ...fyne.CanvasObject) fyne.CanvasObject {
	col := []fyne.CanvasObject{P(p.FullName("?"), Heading, Text1).ID("card.name")}
	for _, s := range []string{p.Job, p.Company} {
		if s = Clean(s); s != "" {
			col = append(col, P(s, Body, Text2))
		}
	}
	if d := Clean(p.Domain); d != "" {
		col = append(col, Gap(1, 4), HStack(6, Top, Icon("badge-check", Success, 16),
			Flex(Verified(d, T("verified")))))
	}
	head := HStack(16, Top, p.Avatar(56), Flex(VStack(0, col...)))
	if len(rows) == 0 {
		return Card(head)
	}
	return Card(VStack(14, append([]fyne.CanvasObject{head, Rule()}, rows...)...))
}

// Verified is a domain in green and the word for checked, on one line if both fit.
func Verified(domain, word string) fyne.CanvasObject {
	d, w := L(domain, CaptB, Success), L(word, Caption, Text3)
	c := HStack(6, Top, d, w, Flex())
	return &fyne.Container{Layout: eitherOr{}, Objects: []fyne.CanvasObject{c, P(domain, CaptB, Success)}}
}

// eitherOr shows its first child where it fits, else its second.
type eitherOr struct{}

func (eitherOr) fits(o []fyne.CanvasObject, w float32) int {
	if o[0].MinSize().Width <= w {
		return 0
	}
	return 1
}

func (e eitherOr) HeightFor(o []fyne.CanvasObject, w float32) float32 {
	i := e.fits(o, w)
	if c, ok := o[i].(*fyne.Container); ok {
		return c.Layout.(layoutHeightFor).HeightFor(c.Objects, w) //nolint:forcetypeassert // built here
	}
	return o[i].(heightFor).HeightFor(w) //nolint:forcetypeassert // built here
}

func (e eitherOr) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(min(o[0].MinSize().Width, 100), 16)
}

func (e eitherOr) Layout(o []fyne.CanvasObject, s fyne.Size) {
	i := e.fits(o, s.Width)
	for n, x := range o {
		if n == i {
			x.Show()
		} else {
			x.Hide()
		}
		place(x, 0, 0, s.Width, s.Height)
	}
}
