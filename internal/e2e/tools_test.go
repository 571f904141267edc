//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beside/internal/screenbot"
	"beside/internal/stage"
)

// penColour is that of the first helper.
const penColour = 0xff3b5c

// viewing brings a session to view only.
func (s *scene) viewing() {
	s.t.Helper()
	s.pair()
	s.ask("mode.view")
	s.allow()
	s.must(see(s.sharer, "stop"))
}

// says waits until something of that name says what it should.
func (s *scene) says(a *stage.Actor, id, want string) {
	s.t.Helper()
	s.must(s.wait(15*time.Second, fmt.Sprintf("%s to say %q at the %s", id, want, a.Name), func() error {
		e, err := find(a, id)
		if err == nil && e.Label != want {
			err = fmt.Errorf("%s says %q", id, e.Label)
		}
		return err
	}))
}

// gone waits until none of names is there.
func (s *scene) gone(a *stage.Actor, names ...string) {
	s.t.Helper()
	s.must(s.wait(15*time.Second, fmt.Sprintf("%q to go at the %s", names, a.Name), func() error {
		if shows(a, names...) {
			return errors.New("still there")
		}
		return nil
	}))
}

// keepPicture saves what somebody sees, where the manual's pictures are made.
func (s *scene) keepPicture(a *stage.Actor, name string) {
	s.t.Helper()
	if dir := os.Getenv("BESIDE_PICTURES"); dir != "" {
		time.Sleep(500 * time.Millisecond)
		keep(filepath.Join(dir, name+".png"), a)
	}
}

// write types a message and sends it.
func (s *scene) write(a *stage.Actor, text string) {
	s.t.Helper()
	s.secrets.typed(text)
	s.must(a.Press(s.t.Context(), "c.field"))
	for _, r := range text + "\n" {
		s.must(a.Bot.Type(string(r)))
		time.Sleep(15 * time.Millisecond)
	}
}

// TestChat: both write under View, by clicking and typing; unread messages are marked, and what
// looks like a link or markup is text.
func TestChat(t *testing.T) {
	s := open(t, "compliant")
	s.viewing()
	s.must(s.helper.Press(t.Context(), "chat"))
	s.write(s.helper, "Which printer is it?")
	s.says(s.helper, "chat.mine", "Which printer is it?")
	s.says(s.sharer, "chat", "Chat (1)")
	s.must(s.sharer.Press(t.Context(), "chat"))
	s.says(s.sharer, "chat.theirs", "Which printer is it?")
	s.must(s.wait(15*time.Second, "the helper to be told that it arrived", func() error {
		e, err := find(s.helper, "chat.state")
		if err == nil && !strings.HasSuffix(e.Label, "sent") {
			err = errors.New(e.Label)
		}
		return err
	}))
	s.write(s.sharer, "The one at <b>https://print.example</b>")
	s.says(s.helper, "chat.theirs", "The one at <b>https://print.example</b>")
	s.keepPicture(s.helper, "guide-chat-helper")
	s.keepPicture(s.sharer, "guide-chat-sharer")
	s.must(s.sharer.Press(t.Context(), "c.close"))
	s.gone(s.sharer, "c.field")
	if s.typed() != "" {
		t.Error("the chat was typed into the sharer's terminal")
	}
	s.over("the sharer pressed Stop", s.press(s.sharer, "stop"))
}

// TestPause: the helper sees nothing of the screen while the sharer pauses, not even what it looked
// like before, and sees it again afterwards.
func TestPause(t *testing.T) {
	s := open(t, "compliant")
	s.viewing()
	start := s.press(s.sharer, "pause")
	s.must(see(s.helper, "p.title"))
	s.must(s.wait(5*time.Second, "the picture to go", func() error {
		if s.helper.Shows(sharerDesktop) {
			return errors.New("the helper still sees the desktop")
		}
		return nil
	}))
	s.promised("the picture was gone after Pause", time.Since(start), time.Second, 4*time.Second)
	s.must(see(s.sharer, "continue"))
	s.keepPicture(s.sharer, "guide-pause-sharer")
	s.keepPicture(s.helper, "guide-pause-helper")
	s.must(s.sharer.Bot.Background(0x123456))
	for range 20 { // nothing may come, however long one waits
		time.Sleep(50 * time.Millisecond)
		if s.helper.Shows(sharerDesktop) || s.helper.Shows(0x123456) {
			t.Fatal("the helper sees the desktop during a pause")
		}
	}
	s.must(s.sharer.Bot.Background(sharerDesktop))
	s.press(s.sharer, "continue")
	s.gone(s.helper, "p.title")
	s.view()
	s.must(see(s.sharer, "pause"))
	s.over("the helper pressed End", s.press(s.helper, "v.end"))
}

// TestPen: what the helper draws on his picture is on the sharer's real screen in the right place,
// clicks go through it, and either of them clears it.
func TestPen(t *testing.T) {
	s := open(t, "compliant")
	s.viewing()
	corners := []image.Point{{620, 260}, {900, 260}, {900, 420}, {620, 420}, {620, 260}}
	draw := func() {
		t.Helper()
		s.must(s.helper.Bot.Move(s.there(corners[0])))
		s.must(s.helper.Bot.Button(1, true))
		for i, p := range corners[1:] {
			from := corners[i]
			for n := 1; n <= 10; n++ {
				s.must(s.helper.Bot.Move(s.there(from.Add(p.Sub(from).Mul(n).Div(10)))))
				time.Sleep(10 * time.Millisecond)
			}
		}
		s.must(s.helper.Bot.Button(1, false))
	}
	cleared := func(a *stage.Actor) error {
		return s.wait(10*time.Second, "nothing drawn at the "+a.Name, func() error {
			img, err := a.Bot.Picture()
			if n := reddish(img); err == nil && n > 0 {
				err = fmt.Errorf("%d pixels", n)
			}
			return err
		})
	}
	s.must(s.helper.Press(t.Context(), "v.pen"))
	draw()
	box, err := s.sharer.Shown(t.Context(), penColour, 3000)
	s.must(err)
	if want := image.Rect(620, 260, 901, 421); !box.In(want.Inset(-8)) || !want.Inset(8).In(box) {
		t.Errorf("drawn at %v, not at %v", box, want)
	}
	s.must(s.wait(10*time.Second, "the drawing in the helper's picture", func() error {
		img, err := s.helper.Bot.Picture()
		if n := reddish(img); err == nil && n < 1000 {
			err = fmt.Errorf("%d pixels", n)
		}
		return err
	}))
	s.keepPicture(s.helper, "guide-pen-helper")
	s.keepPicture(s.sharer, "guide-pen-sharer")
	s.must(s.sharer.Bot.Click(image.Pt(620, 340))) // on the line, and so into the terminal
	s.must(s.wait(10*time.Second, "the keyboard in the terminal", func() error {
		s.must(s.sharer.Bot.Type("x"))
		s.must(s.sharer.Bot.Tap(screenbot.Return))
		if !strings.Contains(s.typed(), "x\n") {
			return screenbot.ErrNotThere
		}
		return nil
	}))
	s.press(s.sharer, "v.clear")
	s.must(cleared(s.sharer))
	s.gone(s.sharer, "v.clear")
	draw()
	if _, err := s.sharer.Shown(t.Context(), penColour, 3000); err != nil {
		t.Error(err)
	}
	s.press(s.helper, "v.clear")
	s.must(cleared(s.sharer))

	s.must(s.helper.Press(t.Context(), "v.pen")) // away with it
	s.must(s.helper.Press(t.Context(), "v.laser"))
	at := image.Pt(700, 600)
	s.must(s.helper.Bot.Move(s.there(at)))
	box, err = s.sharer.Shown(t.Context(), penColour, 100)
	s.must(err)
	if got := middle(box); max(got.X-at.X, at.X-got.X, got.Y-at.Y, at.Y-got.Y) > 3 {
		t.Errorf("the laser is at %v, not %v", got, at)
	}
	s.must(cleared(s.sharer)) // by itself
	// Drawn again, it ends with the session.
	s.must(s.helper.Press(t.Context(), "v.pen"))
	draw()
	s.over("the sharer pressed Stop", s.press(s.sharer, "stop"))
	s.must(cleared(s.sharer))
}

// reddish counts the pixels that are nearly the pen's.
func reddish(img *image.RGBA) (n int) {
	if img == nil {
		return 0
	}
	near := func(a byte, b int) bool { d := int(a) - b; return d > -24 && d < 24 }
	for i := 0; i+3 < len(img.Pix); i += 4 {
		if near(img.Pix[i], 0xff) && near(img.Pix[i+1], 0x3b) && near(img.Pix[i+2], 0x5c) {
			n++
		}
	}
	return n
}
