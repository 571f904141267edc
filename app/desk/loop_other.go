//go:build !linux

package desk

import "time"

func waitEvents(time.Duration) {}
func wake()                    {}

// onMain says no: Fyne's loop stays as it is here.
func onMain() bool { return false }
