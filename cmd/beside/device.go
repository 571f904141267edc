package main

import (
	"bufio"
	"os"
	"runtime"
	"strings"

	"beside/policy/api"
	"beside/policy/client"
)

// thisDevice is what this device says of itself: a claim, which the endpoint compares with the
// directory and shows as a claim where it cannot.
func thisDevice() api.DeviceEvidence {
	name, err := os.Hostname()
	if err != nil {
		name = "?"
	}
	return api.DeviceEvidence{Name: clip(name), OS: clip(osName())}
}

// line is a connection for a sharer: one that proves the device, if it is enrolled.
func (p *parts) line() *client.Session {
	if p.device == nil {
		return p.client.NewSession()
	}
	return p.client.NewDeviceSession(p.device, func(err error) {
		p.log.Warn("the policy endpoint does not accept this device's key; it may have been revoked", "err", err)
	})
}

// evidence is thisDevice with the id of the enrolment, if there is one.
func (p *parts) evidence() api.DeviceEvidence {
	e := thisDevice()
	if p.device != nil {
		e.ID = p.device.Device()
	}
	return e
}

// osName is the system's name for people.
func osName() string {
	f, err := os.Open("/etc/os-release")
	if err != nil {
		return runtime.GOOS
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if v, ok := strings.CutPrefix(s.Text(), "PRETTY_NAME="); ok {
			return strings.Trim(v, `"`)
		}
	}
	return runtime.GOOS
}

// clip keeps to the endpoint's limit of 64 runes.
func clip(s string) string {
	if r := []rune(s); len(r) > 64 {
		return string(r[:64])
	}
	return s
}
