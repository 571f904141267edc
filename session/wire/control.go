package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image"

	"beside/frame"
	"beside/policy"
)

// ErrBad wraps what was wrong with a message.
var ErrBad = errors.New("wire: bad message")

// Message is a control message: a closed set.
type Message interface{ message() }

// Control messages. H is sent by the helper, S by the sharer.
type (
	// Hello is the first message each way (PROTOCOL 1.0): it ties DTLS to the pairing.
	Hello struct{ MAC [64]byte }
	// Cards is the second message each way: what the endpoint told the sender.
	Cards struct {
		Helper, Sharer [32]byte // SHA-256 of each card's bytes
		State          policy.DeviceState
	}
	// Want asks for all of these rights together (H).
	Want struct{ Rights policy.Right }
	// CancelWant withdraws a Want (H).
	CancelWant struct{}
	// GiveBack keeps only these rights (H).
	GiveBack struct{ Keep policy.Right }
	// Asking says the person is reading the request (S).
	Asking struct{ Rights policy.Right }
	// Denied says the request was not allowed (S).
	Denied struct{ Rights policy.Right }
	// Rights says what holds from now on (S). Input must carry Epoch.
	Rights struct {
		Rights policy.Right
		Epoch  uint32
		By     uint8
	}
	// Ping is answered by a Pong with the same number.
	Ping struct{ N uint64 }
	// Pong answers a Ping.
	Pong struct{ N uint64 }
	// Local says that the person at the machine is using it (S).
	Local struct{ Active bool }
	// Shape is a new pointer picture (S). Nil means an ordinary arrow.
	Shape struct{ Shape *frame.CursorShape }
	// End ends the session. Code is [a-z.]{1,32}.
	End struct{ Code string }
	// Expiring warns that the grant is about to run out (S).
	Expiring struct{}
	// Paused says that nothing is shared for now, or again (S). Input must carry Epoch afterwards.
	Paused struct {
		On    bool
		Epoch uint32
	}
	// InkClear removes every stroke whose number is not after Upto, also those that come later.
	InkClear struct{ Upto uint32 }
)

func (Hello) message()      {}
func (Cards) message()      {}
func (Want) message()       {}
func (CancelWant) message() {}
func (GiveBack) message()   {}
func (Asking) message()     {}
func (Denied) message()     {}
func (Rights) message()     {}
func (Ping) message()       {}
func (Pong) message()       {}
func (Local) message()      {}
func (Shape) message()      {}
func (End) message()        {}
func (Expiring) message()   {}
func (Paused) message()     {}
func (InkClear) message()   {}

const (
	tHello = 1 + iota
	tCards
	tWant
	tCancelWant
	tGiveBack
	tAsking
	tDenied
	tRights
	tPing
	tPong
	tLocal
	tShape
	tEnd
	tExpiring
	tPaused
	tInkClear
	tMonitors
	tShow
)

// MaxShapePixels is the largest pointer picture that is sent: its bytes must fit into one
// message. A larger one is sent as an ordinary arrow.
const MaxShapePixels = 15000

// known is every right this version understands; a message naming another is refused.
const known = policy.View | policy.Control | policy.Elevate | policy.Unattended | policy.Clipboard

// Append appends m's bytes to b.
func Append(b []byte, m Message) []byte {
	be := binary.BigEndian
	switch m := m.(type) {
	case Hello:
		return append(append(b, tHello), m.MAC[:]...)
	case Cards:
		b = append(append(b, tCards), m.Helper[:]...)
		return append(append(b, m.Sharer[:]...), byte(m.State))
	case Want:
		return be.AppendUint32(append(b, tWant), uint32(m.Rights))
	case CancelWant:
		return append(b, tCancelWant)
	case GiveBack:
		return be.AppendUint32(append(b, tGiveBack), uint32(m.Keep))
	case Asking:
		return be.AppendUint32(append(b, tAsking), uint32(m.Rights))
	case Denied:
		return be.AppendUint32(append(b, tDenied), uint32(m.Rights))
	case Rights:
		b = be.AppendUint32(append(b, tRights), uint32(m.Rights))
		return append(be.AppendUint32(b, m.Epoch), m.By)
	case Ping:
		return be.AppendUint64(append(b, tPing), m.N)
	case Pong:
		return be.AppendUint64(append(b, tPong), m.N)
	case Local:
		return append(b, tLocal, flag(m.Active))
	case Shape:
		return appendShape(append(b, tShape), m.Shape)
	case End:
		return append(append(b, tEnd), m.Code...)
	case Expiring:
		return append(b, tExpiring)
	case Paused:
		return be.AppendUint32(append(b, tPaused, flag(m.On)), m.Epoch)
	case InkClear:
		return be.AppendUint32(append(b, tInkClear), m.Upto)
	case Monitors:
		return appendMonitors(append(b, tMonitors), m)
	case Show:
		return append(b, tShow, m.Monitor)
	}
	return b
}

// Parse reads one message. Errors wrap ErrBad.
func Parse(b []byte) (Message, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("%w: empty", ErrBad)
	}
	t, b := b[0], b[1:]
	switch t {
	case tShape:
		return parseShape(b)
	case tMonitors:
		return parseMonitors(b)
	case tEnd:
		if !ValidCode(string(b)) {
			return nil, fmt.Errorf("%w: end code", ErrBad)
		}
		return End{string(b)}, nil
	}
	if int(t) >= len(lengths) || lengths[t] != len(b)+1 {
		return nil, fmt.Errorf("%w: type %d of %d bytes", ErrBad, t, len(b))
	}
	return parseFixed(t, b)
}

// lengths is 1 + the number of bytes after the type byte; 0 for no such type.
var lengths = [...]int{
	tHello: 65, tCards: 66, tWant: 5, tCancelWant: 1, tGiveBack: 5, tAsking: 5, tDenied: 5,
	tRights: 10, tPing: 9, tPong: 9, tLocal: 2, tExpiring: 1, tPaused: 6, tInkClear: 5, tShow: 2,
}

func parseFixed(t byte, b []byte) (Message, error) {
	be := binary.BigEndian
	switch t {
	case tHello:
		return Hello{[64]byte(b)}, nil
	case tCards:
		if b[64] > byte(policy.StateNotEnrolled) {
			return nil, fmt.Errorf("%w: device state", ErrBad)
		}
		return Cards{[32]byte(b), [32]byte(b[32:]), policy.DeviceState(b[64])}, nil
	case tCancelWant:
		return CancelWant{}, nil
	case tPing:
		return Ping{be.Uint64(b)}, nil
	case tPong:
		return Pong{be.Uint64(b)}, nil
	case tLocal:
		if b[0] > 1 {
			return nil, fmt.Errorf("%w: flag", ErrBad)
		}
		return Local{b[0] == 1}, nil
	case tExpiring:
		return Expiring{}, nil
	case tPaused:
		if b[0] > 1 {
			return nil, fmt.Errorf("%w: flag", ErrBad)
		}
		return Paused{b[0] == 1, be.Uint32(b[1:])}, nil
	case tInkClear:
		return InkClear{be.Uint32(b)}, nil
	case tShow:
		return Show{b[0]}, nil
	}
	r := policy.Right(be.Uint32(b))
	if r&^known != 0 {
		return nil, fmt.Errorf("%w: unknown right", ErrBad)
	}
	switch t {
	case tWant:
		return Want{r}, nil
	case tGiveBack:
		return GiveBack{r}, nil
	case tAsking:
		return Asking{r}, nil
	case tDenied:
		return Denied{r}, nil
	case tRights:
		return Rights{r, be.Uint32(b[4:]), b[8]}, nil
	}
	return nil, fmt.Errorf("%w: type %d", ErrBad, t)
}

// ValidCode says whether s may stand as the code of an End.
func ValidCode(s string) bool {
	if len(s) == 0 || len(s) > 32 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && c != '.' {
			return false
		}
	}
	return true
}

func appendShape(b []byte, s *frame.CursorShape) []byte {
	if s == nil || s.Size.X*s.Size.Y > MaxShapePixels {
		return b
	}
	be := binary.BigEndian
	for _, v := range []int{s.Size.X, s.Size.Y, s.Hot.X, s.Hot.Y} {
		b = be.AppendUint16(b, uint16(v)) //nolint:gosec // sides are at most MaxCursorSide
	}
	return append(b, s.Pix...)
}

func parseShape(b []byte) (Message, error) {
	if len(b) == 0 {
		return Shape{}, nil
	}
	if len(b) < 8 {
		return nil, fmt.Errorf("%w: short shape", ErrBad)
	}
	u := func(i int) int { return int(binary.BigEndian.Uint16(b[i:])) }
	s := &frame.CursorShape{Size: image.Pt(u(0), u(2)), Hot: image.Pt(u(4), u(6))}
	px := s.Size.X * s.Size.Y
	if px == 0 || s.Size.X > frame.MaxCursorSide || s.Size.Y > frame.MaxCursorSide || px > MaxShapePixels ||
		!s.Hot.In(image.Rectangle{Max: s.Size}) || len(b) != 8+4*px {
		return nil, fmt.Errorf("%w: shape", ErrBad)
	}
	s.Pix = append([]byte(nil), b[8:]...)
	return Shape{s}, nil
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}
