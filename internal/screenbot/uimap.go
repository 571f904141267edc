package screenbot

import (
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"net"
	"slices"
	"time"
)

// ErrNotThere says that the window shows no such thing now.
var ErrNotThere = errors.New("screenbot: not on the screen")

// MapEnv names the environment variable by which a development build of the app is told
// where to serve its UI map: the path of a Unix socket.
const MapEnv = "BESIDE_UI_MAP"

// An Element is something in a window of the app.
type Element struct {
	Window   string `json:"window"` // title
	ID       string `json:"id"`
	Label    string `json:"label"`
	Role     string `json:"role"`
	Box      [4]int `json:"rect"` // x, y, width and height in pixels of the screen
	Focused  bool   `json:"focused"`
	Disabled bool   `json:"disabled"`
}

// Rect is the element's place on the screen.
func (e Element) Rect() image.Rectangle {
	return image.Rect(e.Box[0], e.Box[1], e.Box[0]+e.Box[2], e.Box[1]+e.Box[3])
}

// Middle is the point a person would click.
func (e Element) Middle() image.Point {
	return image.Pt(e.Box[0]+e.Box[2]/2, e.Box[1]+e.Box[3]/2)
}

// Elements is what the windows of one app show at one moment.
type Elements []Element

// Find returns the first element whose ID, or failing that whose label, is one of names,
// preferring earlier names. ErrNotThere if there is none.
func (es Elements) Find(names ...string) (Element, error) {
	for _, name := range names {
		for _, field := range []func(Element) string{func(e Element) string { return e.ID }, func(e Element) string { return e.Label }} {
			if i := slices.IndexFunc(es, func(e Element) bool { return field(e) == name && !e.Rect().Empty() }); i >= 0 {
				return es[i], nil
			}
		}
	}
	return Element{}, fmt.Errorf("%w: %q", ErrNotThere, names)
}

// ReadMap asks the app that serves the socket what it shows now.
func ReadMap(socket string) (Elements, error) {
	conn, err := net.DialTimeout("unix", socket, 2*time.Second)
	if err != nil {
		return nil, fmt.Errorf("screenbot: UI map: %w", err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return nil, fmt.Errorf("screenbot: UI map: %w", err)
	}
	var es Elements
	if err := json.NewDecoder(io.LimitReader(conn, 4<<20)).Decode(&es); err != nil {
		return nil, fmt.Errorf("screenbot: UI map: %w", err)
	}
	return es, nil
}
