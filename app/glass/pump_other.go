//go:build !linux

package glass

import (
	"time"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.3/glfw"
)

// pumpEvery is how often input is looked for. Fyne alone does it 60 times a second.
const pumpEvery = 4 * time.Millisecond

// pump delivers input sooner than Fyne's own tick does.
type pump struct{ quit chan struct{} }

func startPump() *pump {
	p := &pump{quit: make(chan struct{})}
	go p.run() // ends with stop
	return p
}

func (p *pump) run() {
	t := time.NewTicker(pumpEvery)
	defer t.Stop()
	for {
		select {
		case <-p.quit:
			return
		case <-t.C:
			fyne.DoAndWait(glfw.PollEvents)
		}
	}
}

func (p *pump) stop() { close(p.quit) }
