package directory

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"beside/policy"
	"beside/policy/api"
)

var (
	// ErrUnknown means the directory answered and has no such person or device.
	ErrUnknown = errors.New("directory: unknown")
	// ErrUnavailable means there was no answer. Whoever asks must deny.
	ErrUnavailable = errors.New("directory: unavailable")
)

// Person is somebody with what the other side is shown of them.
type Person struct {
	policy.Person
	Card api.Card
}

// Device is a device with what people call it.
type Device struct {
	policy.Device // Proof is left none: it depends on who asks
	Name, OS      string
	Seen          time.Time // when device management last heard of it, zero if that is not known
}

// IsPhoto says whether b may be the Photo of a card: it begins like a PNG or a JPEG and is not
// too large.
func IsPhoto(b []byte) bool {
	return len(b) <= api.MaxPhoto && (bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) || bytes.HasPrefix(b, []byte("\xff\xd8\xff")))
}

// Directory answers from one organisation's data. Groups are transitive. It is safe for
// concurrent use. Errors wrap ErrUnknown or ErrUnavailable.
type Directory interface {
	Person(ctx context.Context, tenant, object string) (Person, error)
	Device(ctx context.Context, tenant, id string) (Device, error)
	// DevicesOf are the devices that belong to a person, none if there are none.
	DevicesOf(ctx context.Context, tenant, owner string) ([]Device, error)
}

// Ahead is a Directory that has to ask somebody else and keeps the answers for a moment. Ahead
// asks at once for people and a device ("" for none) that are about to be needed; what it could not
// have, the question itself says.
type Ahead interface {
	Directory
	Ahead(ctx context.Context, tenant string, people []string, device string)
}

// Who is Person for a decision: somebody unknown is nobody (and refused), and when the
// directory is unavailable the groups are unknown (and refused).
func Who(ctx context.Context, d Directory, tenant, object string) (Person, error) {
	p, err := d.Person(ctx, tenant, object)
	switch {
	case errors.Is(err, ErrUnknown):
		return Person{Person: policy.Person{Tenant: tenant, Object: object, GroupsKnown: true}}, nil
	case err != nil:
		return Person{}, fmt.Errorf("person: %w", err)
	}
	return p, nil
}

// Member asks whether an account is a member of a tenant, for tokens that do not say whether it is
// a guest. Somebody unknown is none.
func Member(d Directory) func(ctx context.Context, tenant, object string) (bool, error) {
	return func(ctx context.Context, tenant, object string) (bool, error) {
		p, err := Who(ctx, d, tenant, object)
		return p.Member, err
	}
}

// Assess finds the sharer's device and how well it is known which one it is (PROTOCOL C.3).
// evidence is what the sharer's app says, claim the device id in the sharer's token, if any, and
// proven the id of the device whose key the caller has checked, if any. The proof is verified for
// that one, own when the provider's token names the device or it belongs to the sharer, and
// reported otherwise.
//
// A device the directory does not know keeps the name it gives itself, and is not enrolled
// if it named an id, unknown if it did not.
func Assess(ctx context.Context, d Directory, tenant, sharer string, evidence api.DeviceEvidence, claim, proven string) (policy.Device, api.DeviceCard, error) {
	dev, err := find(ctx, d, tenant, sharer, evidence, claim, proven)
	if err != nil {
		return policy.Device{}, api.DeviceCard{}, err
	}
	switch {
	case dev.ID != "" && dev.ID == proven:
		dev.Proof = policy.ProofVerified
	case dev.ID == "" && evidence.Name == "" && evidence.ID == "":
		dev.Proof = policy.ProofNone
	case dev.ID != "" && (dev.ID == claim || dev.Owner == sharer):
		dev.Proof = policy.ProofOwn
	default:
		dev.Proof = policy.ProofReported
	}
	return dev.Device, api.DeviceCard{
		ID: dev.ID, Name: dev.Name, OS: dev.OS,
		State: dev.Shown().String(), Proof: dev.Proof.String(),
	}, nil
}

func find(ctx context.Context, d Directory, tenant, sharer string, e api.DeviceEvidence, claim, proven string) (Device, error) {
	id := cmp.Or(proven, claim, strings.ToLower(e.ID)) // a key goes before the provider's word, and that before the client's
	if id == "" {
		return byName(ctx, d, tenant, sharer, e)
	}
	dev, err := d.Device(ctx, tenant, id)
	switch {
	case errors.Is(err, ErrUnknown):
		return Device{Device: policy.Device{ID: id}, Name: e.Name, OS: e.OS}, nil
	case err != nil:
		return Device{}, fmt.Errorf("device: %w", err)
	case dev.Owner != sharer && dev.ID != claim && dev.ID != proven:
		// A stranger's device is not described to whoever names its id.
		dev.Name, dev.OS = e.Name, e.OS
	}
	return dev, nil
}

// byName takes the one of the sharer's own devices that has the reported name.
func byName(ctx context.Context, d Directory, tenant, sharer string, e api.DeviceEvidence) (Device, error) {
	own, err := d.DevicesOf(ctx, tenant, sharer)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return Device{}, fmt.Errorf("devices: %w", err)
	}
	found := Device{Name: e.Name, OS: e.OS}
	for _, dev := range own {
		if e.Name == "" || !strings.EqualFold(dev.Name, e.Name) {
			continue
		}
		if found.ID != "" { // two of that name: which one is not known
			return Device{Name: e.Name, OS: e.OS}, nil
		}
		found = dev
	}
	return found, nil
}
