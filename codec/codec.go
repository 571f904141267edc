package codec

import (
	"errors"
	"fmt"
	"image"

	"beside/frame"
)

// What a Decoder may answer, with errors.Is. After either nothing was written.
var (
	// ErrCorrupt means the bytes are no update that this decoder understands.
	ErrCorrupt = errors.New("codec: corrupt update")
	// ErrBase means the update builds on a state this decoder does not have: it must
	// count as not received, and the encoder must be told it is lost.
	ErrBase = errors.New("codec: update builds on something not received")
	// ErrEarly is an ErrBase that may pass: what the update builds on has not been received
	// yet. It may be tried again after the next update that was applied.
	ErrEarly = fmt.Errorf("%w yet", ErrBase)
)

// Update is one step from an older picture to a newer one.
type Update struct {
	ID     uint32      // rises by one with every update; compare as int32(a-b)
	Size   image.Point // of the whole picture
	Data   []byte      // what the Decoder reads; valid until the next Encode
	Blocks int         // how many blocks it carries
}

// An Encoder turns pictures into updates. It is not safe for concurrent use.
type Encoder interface {
	// Mark says these rectangles of the picture may have changed. Parts outside the
	// picture are ignored.
	Mark(rects []image.Rectangle)
	// Encode makes an update of about budget bytes (at least one block, whatever the
	// budget) out of the marked and the lost parts, those nearest to focus first if not
	// all fit. It says false when there is nothing to send. f is the whole picture as it
	// is now and is not kept; a size other than the last forgets every older update and
	// marks the whole picture. A nil f sends again what was lost, from the encoder's own
	// copy, and leaves what is marked.
	Encode(f *frame.Frame, budget int, focus image.Point) (Update, bool)
	// Acked says the decoder has applied that update; Lost that it may never have. Both
	// ignore an id that is not outstanding. Lost parts are due to be sent again.
	Acked(id uint32)
	Lost(id uint32)
	// Live is the share (0..1) of an outstanding update's blocks that no newer update
	// or mark has overtaken, 1 while a newer outstanding one builds on it, 0 for any other id.
	Live(id uint32) float64
	// Pending says whether marked or lost parts wait for Encode (f != nil), Repairs
	// whether lost ones do (any f).
	Pending() bool
	Repairs() bool
	// Settled says that nothing is marked, lost or unacknowledged: the decoder's picture
	// equals the last one given to Encode. False before the first.
	Settled() bool
	// Reset forgets every picture and every update: the next picture is sent whole,
	// and no older update changes a decoder once it has applied a newer one.
	Reset()
}

// A Decoder keeps a picture in step with an Encoder's. It survives any bytes with
// bounded memory and is not safe for concurrent use.
type Decoder interface {
	// Size is the size of the picture that data updates. fresh is false if data belongs to
	// a picture already left behind: it then counts as received and must not be applied.
	Size(data []byte) (size image.Point, fresh bool, err error)
	// Apply writes an update into dst, which must be of Size's size and format BGRX, and
	// hold what the last Apply left there. It returns what changed, valid until the next
	// call. Applying an update twice, or after a newer one, changes nothing that is newer.
	Apply(data []byte, dst *frame.Frame) ([]image.Rectangle, error)
}
