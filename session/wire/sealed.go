package wire

import "fmt"

// A sealed body is what the two apps say through the endpoint once they are paired: a Want,
// CancelWant, Asking, Denied or End as on the control channel, an Address, or a Mend.

// Address carries where this side can be reached: session/rtc's own encoding, opaque here.
type Address struct{ Description []byte }

func (Address) message() {}

// MaxAddress is the largest Address.Description.
const MaxAddress = 12 << 10

const tAddress = 64

// AppendSealed appends the body of one sealed message.
func AppendSealed(b []byte, m Message) []byte {
	switch m := m.(type) {
	case Address:
		return append(append(b, tAddress), m.Description...)
	case Mend:
		return appendMend(b, m)
	}
	return Append(b, m)
}

// ParseSealed reads one opened body. A message that has no business there is refused.
func ParseSealed(b []byte) (Message, error) {
	if len(b) > 0 && b[0] == tAddress {
		if len(b) > 1+MaxAddress || len(b) == 1 {
			return nil, fmt.Errorf("%w: address of %d bytes", ErrBad, len(b))
		}
		return Address{append([]byte(nil), b[1:]...)}, nil
	}
	if len(b) > 0 && b[0] == tMend {
		return parseMend(b)
	}
	m, err := Parse(b)
	if err != nil {
		return nil, err
	}
	switch m.(type) {
	case Want, CancelWant, Asking, Denied, End:
		return m, nil
	}
	return nil, fmt.Errorf("%w: %T before the link", ErrBad, m)
}
