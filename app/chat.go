package app

import (
	"beside/app/screens"
	"beside/app/ui"
	"beside/session"
)

// talker is what a chat needs of a session of either side.
type talker interface {
	// Say sends a message; ok is false when it cannot be sent now.
	Say(text string) (id uint32, ok bool)
	// SayAgain tries once more to send the message of that number.
	SayAgain(id uint32, text string) bool
	// Chat says whether the organisation allows chat; known from session.Started on.
	Chat() bool
}

// chatting is one side's chat during one session. Nothing of it outlives that.
type chatting struct {
	a      *App
	s      talker
	panel  *screens.Chat
	open   bool
	unread int
	marked func(unread int) // tells the button
	mine   []said           // by place in the panel
}

type said struct {
	id   uint32
	text string
}

// newChatting makes a chat that is closed.
func newChatting(a *App, s talker, peer ui.Person, someone string, marked func(int), closed func()) *chatting {
	c := &chatting{a: a, s: s, marked: marked}
	c.panel = screens.NewChat(screens.ChatData{Peer: peer, Someone: someone, OnSend: c.send, OnAgain: c.again, OnClose: closed})
	return c
}

// setOpen says whether the person sees it.
func (c *chatting) setOpen(on bool) {
	c.open = on
	if on {
		c.unread = 0
		c.marked(0)
	}
}

func (c *chatting) send(text string) {
	id, ok := c.s.Say(text)
	n := c.panel.Mine(text, c.a.now())
	c.mine = append(c.mine, said{id, text})
	if !ok {
		c.panel.Failed(n)
	}
	c.panel.Empty()
}

func (c *chatting) again(n int) {
	if n < len(c.mine) && c.s.SayAgain(c.mine[n].id, c.mine[n].text) {
		c.panel.Sending(n)
	}
}

// event says whether e was for the chat.
func (c *chatting) event(e session.Event) bool {
	switch e := e.(type) {
	case session.ChatSaid:
		c.panel.Theirs(e.Text, c.a.now())
		if !c.open {
			c.unread++
			c.marked(c.unread)
		}
	case session.ChatState:
		for n := len(c.mine) - 1; n >= 0; n-- {
			if c.mine[n].id == e.ID {
				if e.Arrived {
					c.panel.Sent(n)
				} else {
					c.panel.Failed(n)
				}
				break
			}
		}
	default:
		return false
	}
	return true
}
