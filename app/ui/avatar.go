package ui

import (
	"bytes"
	"hash/fnv"
	"image"
	_ "image/jpeg" // directory photos
	_ "image/png"  // directory photos

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// maxPhotoSide bounds what a photo from the directory may unpack to, in pixels a side.
const maxPhotoSide = 2048

// An AvatarImage is a person's photo, or initials on a colour that belongs to the person.
type AvatarImage struct {
	widget.BaseWidget
	size     float32
	hue      uint32
	initials string
	photo    image.Image
}

// Avatar makes one, size units across. object is the directory's object id; a photo that
// is not a sound PNG or JPEG of at most 2048 pixels a side counts as none.
func Avatar(object, name string, photo []byte, size float32) *AvatarImage {
	a := &AvatarImage{size: size, hue: hueOf(object), initials: Initials(name), photo: decodePhoto(photo)}
	a.ExtendBaseWidget(a)
	return a
}

func hueOf(object string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(object))
	return avatarHues[h.Sum32()%uint32(len(avatarHues))]
}

func decodePhoto(b []byte) image.Image {
	if len(b) == 0 {
		return nil
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil || c.Width < 1 || c.Height < 1 || c.Width > maxPhotoSide || c.Height > maxPhotoSide {
		return nil
	}
	m, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	return m
}

// MinSize is square.
func (a *AvatarImage) MinSize() fyne.Size { return fyne.NewSquareSize(a.size) }

// CreateRenderer is for Fyne.
func (a *AvatarImage) CreateRenderer() fyne.WidgetRenderer { return &painted{w: a} }

func (a *AvatarImage) paint(s fyne.Size) []fyne.CanvasObject {
	if a.photo != nil {
		im := canvas.NewImageFromImage(a.photo)
		im.FillMode, im.ScaleMode, im.CornerRadius = canvas.ImageFillCover, canvas.ImageScaleSmooth, a.size/2
		return []fyne.CanvasObject{place(im, 0, 0, s.Width, s.Height)}
	}
	c := canvas.NewCircle(rgb(a.hue))
	return []fyne.CanvasObject{
		place(c, 0, 0, s.Width, s.Height),
		centred(a.initials, TextStyle{Size: a.size * 0.38, Bold: true}, rgb(0xFFFFFF), 0, 0, s.Width, s.Height),
	}
}
