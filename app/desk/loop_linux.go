package desk

import (
	"os"
	"time"

	"github.com/go-gl/glfw/v3.3/glfw"
	"golang.org/x/sys/unix"
)

// waitEvents handles events, and waits for the first of them no longer than d.
func waitEvents(d time.Duration) { glfw.WaitEventsTimeout(d.Seconds()) }

// wake ends a wait. GLFW must be up.
func wake() { glfw.PostEmptyEvent() }

// onMain says whether this is the Fyne goroutine while Fyne runs: once it has ended, Fyne calls
// on any other.
func onMain() bool { return unix.Gettid() == os.Getpid() }
