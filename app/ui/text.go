package ui

import (
	"sort"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"
)

// TextStyle is one step of the type scale, in units.
type TextStyle struct {
	Size, Line float32
	Bold       bool
}

// The type scale.
var (
	Title   = TextStyle{22, 28, true}  // one per screen
	Heading = TextStyle{17, 24, true}  // name, choice
	Lead    = TextStyle{16, 24, false} // the sharer's body
	LeadB   = TextStyle{16, 24, true}  // the sharer's labels
	Body    = TextStyle{14, 20, false} // the helper's body
	BodyB   = TextStyle{14, 20, true}  // labels
	Caption = TextStyle{12, 16, false} // meta
	CaptB   = TextStyle{12, 16, true}  // chips
)

// Words is text that wraps to its width on an exact line grid. It never cuts: a word
// longer than the line is broken.
type Words struct {
	widget.BaseWidget
	id     string
	text   string
	style  TextStyle
	col    fyne.ThemeColorName
	align  fyne.TextAlign
	single bool
	lastW  float32
	broken map[float32][]string // lines by width: layouts ask the same often
	least  float32              // the least width, 0 while unknown
	widths map[string]float32   // of pieces: balancing measures the same ones often
}

// P is a paragraph.
func P(s string, st TextStyle, col fyne.ThemeColorName) *Words {
	t := &Words{text: s, style: st, col: col}
	t.ExtendBaseWidget(t)
	return t
}

// PC is a centred paragraph.
func PC(s string, st TextStyle, col fyne.ThemeColorName) *Words {
	t := P(s, st, col)
	t.align = fyne.TextAlignCenter
	return t
}

// L is a single line at its natural width; where it gets less room it ends in an ellipsis.
func L(s string, st TextStyle, col fyne.ThemeColorName) *Words {
	t := P(s, st, col)
	t.single = true
	return t
}

// ID names the text for Info and returns it.
func (t *Words) ID(id string) *Words { t.id = id; return t }

// Text is what it says.
func (t *Words) Text() string { return t.text }

// Set changes the text, and draws only if it differs.
func (t *Words) Set(s string) { t.SetColoured(s, t.col) }

// SetColoured changes text and colour.
func (t *Words) SetColoured(s string, col fyne.ThemeColorName) {
	if t.text == s && t.col == col {
		return
	}
	if t.text != s {
		t.broken, t.widths, t.least = nil, nil, 0
	}
	t.text, t.col = s, col
	t.Refresh()
}

// Info is for robots and tests.
func (t *Words) Info() Info { return Info{ID: t.id, Label: t.text, Role: "text"} }

func (t *Words) width(s string) float32 {
	if w, ok := t.widths[s]; ok {
		return w
	}
	if t.widths == nil {
		t.widths = map[string]float32{}
	}
	w := fyne.MeasureText(s, t.style.Size, fyne.TextStyle{Bold: t.style.Bold}).Width
	t.widths[s] = w
	return w
}

// lines breaks the text for a width. Titles and centred text are balanced, so that no
// word stands alone on the last line.
func (t *Words) lines(w float32) []string {
	if l, ok := t.broken[w]; ok {
		return l
	}
	if t.broken == nil || len(t.broken) > 16 {
		t.broken = map[float32][]string{}
	}
	l := t.breakAt(w)
	t.broken[w] = l
	return l
}

func (t *Words) breakAt(w float32) []string {
	if t.single {
		return []string{t.ellipsis(w)}
	}
	out := t.fill(w)
	if (t.align == fyne.TextAlignCenter || t.style == Title) && len(out) > 1 {
		for n := w - 8; n > w/2; n -= 8 {
			next := t.fill(n)
			if len(next) > len(out) {
				break
			}
			out = next
		}
	}
	return out
}

func (t *Words) fill(w float32) []string {
	var out []string
	for _, para := range strings.Split(t.text, "\n") {
		line := ""
		for _, word := range strings.Split(para, " ") {
			try := word
			if line != "" {
				try = line + " " + word
			}
			if line != "" && t.width(try) > w {
				out = append(out, line)
				try = word
			}
			for t.width(try) > w { // a word longer than the line
				head := t.head(try, w)
				if head == try {
					break
				}
				out = append(out, head)
				try = try[len(head):]
			}
			line = try
		}
		out = append(out, line)
	}
	return out
}

// head is the longest start of s that fits, at least one rune, and ends after a hyphen,
// dot, slash or @ if there is one.
func (t *Words) head(s string, w float32) string {
	r := []rune(s)
	lo, hi := 1, len(r)
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if t.width(string(r[:mid])) <= w {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	for i := lo; i > 1; i-- {
		if strings.ContainsRune("-./@_", r[i-1]) {
			return string(r[:i])
		}
	}
	return string(r[:lo])
}

func (t *Words) ellipsis(w float32) string { return shorten(t.text, t.style, w) }

// shorten ends s in an ellipsis where it does not fit into w.
func shorten(s string, st TextStyle, w float32) string {
	width := func(s string) float32 { return fyne.MeasureText(s, st.Size, fyne.TextStyle{Bold: st.Bold}).Width }
	if w <= 0 || width(s) <= w+0.5 {
		return s
	}
	r, room := []rune(s), w-width("…")
	n := sort.Search(len(r), func(i int) bool { return width(string(r[:i+1])) > room })
	return strings.TrimRight(string(r[:max(n, 1)]), " ") + "…"
}

// HeightFor is the height at a width.
func (t *Words) HeightFor(w float32) float32 {
	if t.single {
		return t.style.Line
	}
	return float32(len(t.lines(w))) * t.style.Line
}

// MinSize is the whole line for L, else room for the longest ordinary word.
func (t *Words) MinSize() fyne.Size {
	if t.least == 0 {
		t.least = 20
		if t.single {
			t.least = t.width(t.text) + 1
		} else {
			for _, x := range strings.Fields(t.text) {
				t.least = max(t.least, min(t.width(x)+1, 160))
			}
		}
	}
	if t.lastW == 0 { // not laid out yet: HeightFor is what tells the height
		return fyne.NewSize(t.least, t.style.Line)
	}
	return fyne.NewSize(t.least, t.HeightFor(max(t.lastW, t.least)))
}

// CreateRenderer is for Fyne.
func (t *Words) CreateRenderer() fyne.WidgetRenderer { return &painted{w: t} }

func (t *Words) paint(s fyne.Size) []fyne.CanvasObject {
	t.lastW = s.Width
	var out []fyne.CanvasObject
	for i, l := range t.lines(s.Width) {
		c := text(l, t.style, colour(t.col))
		c.Alignment = t.align
		h := c.MinSize().Height
		out = append(out, place(c, 0, float32(i)*t.style.Line+(t.style.Line-h)/2, s.Width, h))
	}
	return out
}
