package mix

import (
	"encoding/binary"
	"fmt"
	"image"

	"beside/codec"
	"beside/codec/screen"
	"beside/codec/vpx"
	"beside/frame"
)

const (
	// Kind is the first byte of an update that carries a film's frame. Every other first
	// byte is package screen's.
	Kind = 0x81
	// MaxFilms bounds the rectangles that are films at one time.
	MaxFilms = 2

	frameHeader = 30
	flagKey     = 1 << 0
	flagGolden  = 1 << 1
	flagKeep    = 1 << 2
	flagsKnown  = flagKey | flagGolden | flagKeep
)

// head is the header of a film's frame.
type head struct {
	flags     byte
	id, epoch uint32
	size      image.Point // of the whole picture
	slot      int
	opened    uint32 // id of the film's first frame
	base      uint32 // id of the frame it is predicted from; for a key frame its own
	rect      image.Rectangle
}

func (h head) append(out []byte) []byte {
	out = append(out, Kind, h.flags|byte(h.slot)<<7)
	out = binary.BigEndian.AppendUint32(out, h.id)
	out = binary.BigEndian.AppendUint32(out, h.epoch)
	out = binary.BigEndian.AppendUint32(out, h.opened)
	out = binary.BigEndian.AppendUint32(out, h.base)
	cols, rows := (h.rect.Dx()+screen.Block-1)/screen.Block, (h.rect.Dy()+screen.Block-1)/screen.Block
	for _, v := range []int{
		h.size.X, h.size.Y, h.rect.Min.X / screen.Block, h.rect.Min.Y / screen.Block, cols, rows,
	} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	return out
}

// isFrame says whether an update carries a film's frame.
func isFrame(data []byte) bool { return len(data) > 0 && data[0] == Kind }

func parse(data []byte) (head, []byte, error) {
	if len(data) <= frameHeader || data[0] != Kind || data[1]&^(flagsKnown|1<<7) != 0 {
		return head{}, nil, fmt.Errorf("%w: film header", codec.ErrCorrupt)
	}
	u32 := func(i int) uint32 { return binary.BigEndian.Uint32(data[i:]) }
	u16 := func(i int) int { return int(binary.BigEndian.Uint16(data[i:])) }
	h := head{
		flags: data[1] & flagsKnown, slot: int(data[1] >> 7),
		id: u32(2), epoch: u32(6), opened: u32(10), base: u32(14),
		size: image.Pt(u16(18), u16(20)),
	}
	min := image.Pt(u16(22), u16(24)).Mul(screen.Block)
	max := min.Add(image.Pt(u16(26), u16(28)).Mul(screen.Block))
	whole := image.Rectangle{Max: h.size}
	h.rect = image.Rectangle{Min: min, Max: max}.Intersect(whole)
	switch key := h.flags&flagKey != 0; {
	case !frame.ValidSize(h.size) || !min.In(whole) || max.X-h.size.X >= screen.Block || max.Y-h.size.Y >= screen.Block:
	case !vpx.ValidSize(h.rect.Size()) || len(data) > frameHeader+vpx.MaxData:
	case newer(h.epoch, h.opened) || newer(h.opened, h.id) || newer(h.opened, h.base):
	case key && (h.base != h.id || h.flags != flagKey) || !key && !newer(h.id, h.base):
	default:
		return h, data[frameHeader:], nil
	}
	return head{}, nil, fmt.Errorf("%w: film limits", codec.ErrCorrupt)
}

func newer(a, b uint32) bool { return int32(a-b) > 0 }

// ID is the serial number of an update.
func ID(data []byte) (uint32, error) {
	if !isFrame(data) {
		return screen.ID(data)
	}
	h, _, err := parse(data)
	return h.id, err
}
