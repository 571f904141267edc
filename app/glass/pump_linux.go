package glass

import (
	"os"
	"sync"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.3/glfw"
	"golang.org/x/sys/unix"
)

// pump delivers input as soon as the X server has sent it. Fyne alone looks 60 times a
// second, which costs 8 ms on average. The zero pump does nothing.
type pump struct {
	wake *os.File // closing it ends the pump
	done sync.WaitGroup
}

func startPump() *pump {
	p := &pump{}
	fd, ok := displayFD()
	if !ok {
		return p
	}
	r, w, err := os.Pipe()
	if err != nil {
		return p
	}
	p.wake = w
	p.done.Go(func() { // ends with stop
		defer r.Close()
		pumpInput(fd, int(r.Fd()))
	})
	return p
}

// pumpInput runs until stop can be read or fd is no longer open.
func pumpInput(fd, stop int) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(stop), Events: unix.POLLIN}}
	idle := make(chan struct{}, 1)
	for {
		_, err := unix.Poll(fds, -1)
		if err == unix.EINTR {
			continue
		}
		if err != nil || fds[1].Revents != 0 || fds[0].Revents&^unix.POLLIN != 0 {
			return
		}
		fyne.Do(func() {
			glfw.PollEvents()
			idle <- struct{}{}
		})
		<-idle
	}
}

// stop ends the pump. It does not wait: the pump may be waiting for the Fyne goroutine,
// which is the caller.
func (p *pump) stop() {
	if p.wake != nil {
		_ = p.wake.Close()
	}
}
