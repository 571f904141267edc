package session

import (
	"context"
	"fmt"
	"image"
	"slices"
	"testing"

	"beside/capture"
	"beside/session/wire"
)

// fixed is a backend of these monitors.
type fixed struct{ ds []capture.Display }

func (f *fixed) Displays(context.Context) ([]capture.Display, error) { return slices.Clone(f.ds), nil }
func (f *fixed) Open(context.Context, string) (capture.Source, error) {
	return nil, capture.ErrUnsupported
}

// row is monitors of these names beside one another.
func row(names ...string) (ds []capture.Display) {
	for i, n := range names {
		ds = append(ds, capture.Display{ID: n, Name: n, Bounds: image.Rect(100*i, 0, 100*i+100, 100)})
	}
	return ds
}

// Numbers go from left to right at first; a monitor keeps its number, and the one to which the share is
// limited is never another one's.
func TestMonitorNumbers(t *testing.T) {
	f := &fixed{}
	m := &monitorList{backend: f}
	steps := []struct {
		there []string
		want  string // each with its number
	}{
		{[]string{"a", "b"}, "a1 b2"},
		{[]string{"b", "a"}, "a1 b2"},
		{[]string{"new", "b"}, "b2 new3"},
		{[]string{"a", "new"}, "a1 new3"},
		{nil, ""},
	}
	look := func(there []string) string {
		f.ds = row(there...)
		slices.Reverse(f.ds) // the order of a backend means nothing
		if _, err := m.refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range m.connected() {
			got = append(got, fmt.Sprint(m.ids[d.N-1], d.N))
		}
		return fmt.Sprint(got)
	}
	for i, s := range steps {
		if got := look(s.there); got != "["+s.want+"]" {
			t.Errorf("step %d: %s, want %s", i, got, s.want)
		}
	}
	look([]string{"a", "b", "new"})
	if !m.limit(2) {
		t.Fatal("not limited")
	}
	for i := range 3 * wire.MaxMonitors { // many come and go while that one is unplugged
		look([]string{fmt.Sprint("x", i)})
		if m.ids[1] != "b" {
			t.Fatalf("2 is %q now", m.ids[1])
		}
	}
	if _, _, ok := m.target(); ok {
		t.Error("something is shown although the only one is not there")
	}
	if o := m.offer(); len(o.List) != 0 || o.Shown != 0 || o.All {
		t.Errorf("%+v", o)
	}
	look([]string{"b"})
	if id, n, ok := m.target(); id != "b" || n != 2 || !ok {
		t.Error(id, n, ok)
	}
	var many []string
	for i := range 20 {
		many = append(many, fmt.Sprint("y", i))
	}
	look(append(many, "b"))
	if o := m.offer(); len(o.List) != 1 || o.List[0].N != 2 {
		t.Errorf("%+v", o)
	}
	m.limit(0)
	if o := m.offer(); len(o.List) > wire.MaxMonitors {
		t.Errorf("%d monitors", len(o.List))
	} else if _, err := wire.Parse(wire.Append(nil, o)); err != nil {
		t.Error(err)
	}
}

// The desktop of a server that names no monitor can be shown, and nothing else.
func TestOnlyTheDesktop(t *testing.T) {
	m := &monitorList{backend: &fixed{row("")}}
	if _, err := m.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if id, n, ok := m.target(); id != "" || n != 0 || !ok {
		t.Error(id, n, ok)
	}
	if m.choose(2) || !m.choose(1) || !m.choose(0) {
		t.Error("what can be chosen is wrong")
	}
}
