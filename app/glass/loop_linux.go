package glass

import (
	"context"
	"fmt"
	"os"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.3/glfw"
	"golang.org/x/sys/unix"
)

// Run makes the loop wait until ctx ends or Fyne does. It may be called before Fyne runs. When
// it fails Fyne goes on as it would alone.
func (l *Loop) Run(ctx context.Context) error {
	type found struct {
		fd int
		ok bool
	}
	up := make(chan found, 1)
	fyne.Do(func() {
		var f found
		if onMain() {
			f.fd, f.ok = displayFD()
		}
		up <- f
	})
	var f found
	select {
	case f = <-up:
	case <-ctx.Done():
		return nil
	}
	if !f.ok {
		return fmt.Errorf("glass: no connection to wait for")
	}
	// A copy of the descriptor, which Go can wait for and close without harm to GLFW's.
	fd, err := unix.FcntlInt(uintptr(f.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("glass: copying the connection: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil { // as it is already: GLFW shares this state
		return fmt.Errorf("glass: copying the connection: %w", err)
	}
	file := os.NewFile(uintptr(fd), "x11")
	defer file.Close()
	conn, err := file.SyscallConn()
	if err != nil {
		return fmt.Errorf("glass: waiting for the connection: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.watch(ctx, fd, conn.Read)
	}()
	l.pace(ctx, glfw.PollEvents)
	_ = file.Close() // ends the watch
	<-ended
	return nil
}

// watch tells the Fyne goroutine when the X server has sent something, and waits until that was
// read before it looks again. read is syscall.RawConn's.
func (l *Loop) watch(ctx context.Context, fd int, read func(func(uintptr) bool) error) {
	seen := make(chan bool, 1)
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for {
		if err := read(func(uintptr) bool {
			n, err := unix.Poll(fds, 0)
			return n > 0 || err != nil && err != unix.EINTR
		}); err != nil {
			return
		}
		if fds[0].Revents&^unix.POLLIN != 0 { // the server is gone
			return
		}
		select {
		case l.input <- seen:
		case <-ctx.Done():
			return
		}
		select {
		case <-seen:
		case <-ctx.Done():
			return
		}
	}
}

// onMain says whether this is the Fyne goroutine while Fyne runs: once it has ended, Fyne calls
// on any other.
func onMain() bool { return unix.Gettid() == os.Getpid() }
