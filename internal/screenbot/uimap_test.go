package screenbot

import (
	"errors"
	"image"
	"io"
	"net"
	"path/filepath"
	"testing"
)

func TestReadMap(t *testing.T) {
	for name, tt := range map[string]struct {
		says string
		want int // elements, -1 for an error
	}{
		"two":     {`[{"window":"Beside","id":"allow","label":"Allow","role":"button","rect":[10,20,30,40],"focused":true},{"window":"B","label":"x","rect":[0,0,1,1],"disabled":true}]`, 2},
		"none":    {`[]`, 0},
		"silence": {``, -1},
		"garbage": {`<html>`, -1},
		"cut":     {`[{"window":"Beside","id":"al`, -1},
	} {
		t.Run(name, func(t *testing.T) {
			socket := filepath.Join(t.TempDir(), "ui")
			l, err := net.Listen("unix", socket)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(c, tt.says)
				c.Close()
			}()
			es, err := ReadMap(socket)
			if (err != nil) != (tt.want < 0) || (err == nil && len(es) != tt.want) {
				t.Errorf("got %v, %v; want %d elements", es, err, tt.want)
			}
		})
	}
	if _, err := ReadMap(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a map without a socket")
	}
}

func TestFind(t *testing.T) {
	es := Elements{
		{ID: "hidden", Label: "Allow"},
		{ID: "allow", Label: "Toestaan", Box: [4]int{10, 20, 30, 40}},
		{ID: "", Label: "allow", Box: [4]int{1, 1, 2, 2}},
		{ID: "stop", Label: "Stop", Box: [4]int{5, 5, 10, 10}},
	}
	for name, tt := range map[string]struct {
		names []string
		want  image.Point
		ok    bool
	}{
		"by id before label": {[]string{"allow"}, image.Pt(25, 40), true},
		"by label":           {[]string{"Toestaan"}, image.Pt(25, 40), true},
		"earlier name first": {[]string{"stop", "allow"}, image.Pt(10, 10), true},
		"second name":        {[]string{"none", "stop"}, image.Pt(10, 10), true},
		"without a place":    {[]string{"hidden"}, image.Point{}, false},
		"no names":           {nil, image.Point{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := es.Find(tt.names...)
			if (err == nil) != tt.ok || e.Middle() != tt.want {
				t.Errorf("got %v at %v, %v; want %v", e.ID, e.Middle(), err, tt.want)
			}
			if !tt.ok && !errors.Is(err, ErrNotThere) {
				t.Errorf("error %v, want ErrNotThere", err)
			}
		})
	}
}
