package policy

import (
	"slices"
	"strings"
)

// Right is a set of things a helper may do in one session. The zero Right is nothing.
// Sessions never imply: a session has exactly the rights that were asked for,
// granted and consented to. (Roles do imply: see Permissions.Rights.)
type Right uint32

// The rights of a session.
const (
	View       Right = 1 << iota // see the screen
	Control                      // mouse, wheel, keyboard
	Elevate                      // administrator prompts
	Unattended                   // nobody needs to be there
	Clipboard                    // copied text, both ways
)

// rightNames is the wire and audit name of each right, in bit order.
var rightNames = [...]string{"view", "control", "elevate", "unattended", "clipboard"}

// Has says whether r holds every right of want. Nothing has the empty want.
func (r Right) Has(want Right) bool { return want != 0 && r&want == want }

// Names are the wire names of r in a fixed order.
func (r Right) Names() []string {
	names := []string{}
	for i, n := range rightNames {
		if r&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// String is for people who read logs.
func (r Right) String() string { return strings.Join(r.Names(), "+") }

// ParseRights reads wire names. ok is false, and the Right empty, if any name is
// unknown or stands twice.
func ParseRights(names []string) (r Right, ok bool) {
	for _, n := range names {
		i := slices.Index(rightNames[:], n)
		if i < 0 || r&(1<<i) != 0 {
			return 0, false
		}
		r |= 1 << i
	}
	return r, true
}
