package session

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"beside/policy/api"
	"beside/session/wire"
)

// Events of the chat. What was said is never kept and never in a log.
type (
	// ChatSaid is a message of the other side, fit to be shown: see wire.CleanText.
	ChatSaid struct {
		Text string
		At   time.Time
	}
	// ChatState says what became of a message of this side: it arrived, or it is not known to have.
	// Arrived may still follow later.
	ChatState struct {
		ID      uint32
		Arrived bool
	}
)

func (ChatSaid) event()  {}
func (ChatState) event() {}

// Limits of the chat.
const (
	chatQueue  = 32               // messages that wait to be sent
	chatKept   = 256              // messages of either side that are remembered by number
	chatArrive = 10 * time.Second // a message that has not arrived by then counts as not sent
)

// talk is what a user interface can say; the zero value says nothing.
type talk struct {
	on    atomic.Bool
	last  atomic.Uint32
	queue chan wire.Chat
}

func newTalk() *talk { return &talk{queue: make(chan wire.Chat, chatQueue)} }

// say queues text, under the number of an earlier try if id is not 0.
func (t *talk) say(id uint32, text string) (uint32, bool) {
	if id == 0 {
		id = t.last.Add(1)
	}
	if text = wire.CleanText(text); text == "" || !t.on.Load() {
		return id, false
	}
	select {
	case t.queue <- wire.Chat{ID: id, Text: text}:
		return id, true
	default:
		return id, false
	}
}

// Say sends a chat message of at most wire.MaxChat bytes. id is its number, under which ChatState
// tells what became of it; ok is false if it cannot be sent now: chat is off, or there is no session.
func (h *Helper) Say(text string) (id uint32, ok bool) { return h.talk.say(0, text) }

// SayAgain tries once more to send the message of that number: it is shown once however often it arrives.
func (h *Helper) SayAgain(id uint32, text string) bool { _, ok := h.talk.say(id, text); return ok }

// Chat says whether the organisation allows chat; known once Started came.
func (h *Helper) Chat() bool { return h.talk.on.Load() }

// Say is Helper.Say.
func (s *Sharer) Say(text string) (id uint32, ok bool) { return s.talk.say(0, text) }

// SayAgain is Helper.SayAgain.
func (s *Sharer) SayAgain(id uint32, text string) bool { _, ok := s.talk.say(id, text); return ok }

// Chat is Helper.Chat.
func (s *Sharer) Chat() bool { return s.talk.on.Load() }

// chat carries messages both ways while the link is up.
type chat struct {
	con     *conduit
	out     outbox
	talk    *talk
	peer    Who
	open    func(ctx context.Context) error // whether a message may pass now
	refused func()                          // one did not; may be nil

	mu      sync.Mutex
	waiting map[uint32]time.Duration // of ours, until when; 0: given up
	seen    map[uint32]bool          // of theirs
	order   []uint32                 // of seen
}

func (c *chat) run(ctx context.Context) error {
	c.waiting, c.seen = map[uint32]time.Duration{}, map[uint32]bool{}
	return group(ctx, c.write, c.read)
}

func (c *chat) write(ctx context.Context) error {
	late := time.NewTimer(chatArrive)
	late.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-c.talk.queue:
			c.await(m.ID)
			if c.open(ctx) != nil || c.con.link.Send(ChanChat, wire.AppendChat(nil, m)) != nil {
				c.give(func(id uint32, _ time.Duration) bool { return id == m.ID })
			}
		case <-late.C:
			now := c.con.clock()
			c.give(func(_ uint32, until time.Duration) bool { return now >= until })
		}
		if at, ok := c.earliest(); ok {
			late.Reset(max(at-c.con.clock(), time.Millisecond))
		}
	}
}

// earliest is when the first of what is on its way will be late; false if nothing is.
func (c *chat) earliest() (at time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, until := range c.waiting {
		if until != 0 && (!ok || until < at) {
			at, ok = until, true
		}
	}
	return at, ok
}

// await remembers that this message is on its way.
func (c *chat) await(id uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) >= chatKept {
		for id, until := range c.waiting {
			if until == 0 {
				delete(c.waiting, id)
			}
		}
	}
	c.waiting[id] = c.con.clock() + chatArrive
}

// give gives up what is lost, and says so.
func (c *chat) give(lost func(id uint32, until time.Duration) bool) {
	c.mu.Lock()
	var ids []uint32
	for id, until := range c.waiting {
		if until != 0 && lost(id, until) {
			c.waiting[id] = 0
			ids = append(ids, id)
		}
	}
	c.mu.Unlock()
	for _, id := range ids {
		c.out.emit(ChatState{ID: id})
	}
}

func (c *chat) read(ctx context.Context) error {
	limit := chatBucket(c.con.clock)
	for {
		b, err := c.con.link.Recv(ctx, ChanChat)
		if err != nil {
			return err
		}
		c.con.hear()
		ok, flood := limit.take(1)
		if flood {
			return over(c.peer, api.ProtocolBroken)
		}
		if ok && c.talk.on.Load() {
			m, err := wire.ParseChat(b)
			if err != nil {
				return err
			}
			ok = c.take(ctx, m)
		} else {
			ok = false
		}
		if !ok && c.refused != nil {
			c.refused()
		}
	}
}

// take acts on one message and says whether it was let in.
func (c *chat) take(ctx context.Context, m wire.Chat) bool {
	if m.Text == "" {
		c.mu.Lock()
		_, ours := c.waiting[m.ID]
		delete(c.waiting, m.ID)
		c.mu.Unlock()
		if ours {
			c.out.emit(ChatState{ID: m.ID, Arrived: true})
		}
		return true
	}
	if c.open(ctx) != nil {
		return false
	}
	if c.isNew(m.ID) {
		if text := wire.CleanText(m.Text); text != "" {
			c.out.emit(ChatSaid{Text: text, At: time.Now()})
		}
	}
	_ = c.con.link.Send(ChanChat, wire.AppendChat(nil, wire.Chat{ID: m.ID})) // a dead link shows as silence
	return true
}

// isNew says whether this number was not seen before.
func (c *chat) isNew(id uint32) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen[id] {
		return false
	}
	if len(c.order) >= chatKept {
		delete(c.seen, c.order[0])
		c.order = c.order[1:]
	}
	c.seen[id] = true
	c.order = append(c.order, id)
	return true
}

// chatOpen asks the gate. After a silence the owner opens it again at its next tick: what came first
// waits for that.
func (l *sharerLive) chatOpen(ctx context.Context) error {
	for try := 0; ; try++ {
		err := l.s.gate.Check(ClassChat)
		if r, _ := l.s.gate.Rights(); err == nil || r != 0 || try > 2 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookIdle / 2):
		}
	}
}

// chat is the sharer's end of it.
func (l *sharerLive) chat(ctx context.Context) error {
	c := &chat{
		con: l.con, out: l.s.out, talk: l.s.talk, peer: ByHelper, open: l.chatOpen,
		refused: func() { l.refuse.add(ClassChat.String()) },
	}
	return c.run(ctx)
}

// chat is the helper's end of it.
func (l *helperLive) chat(ctx context.Context) error {
	c := &chat{
		con: l.con, out: l.h.out, talk: l.h.talk, peer: BySharer,
		open: func(context.Context) error { return nil }, // read looks at talk.on
	}
	return c.run(ctx)
}
