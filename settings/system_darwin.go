package settings

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"time"
)

// preferences is where the system puts what a configuration profile forces for the whole device.
const preferences = "/Library/Managed Preferences/org.beside.Beside.plist"

// System is this platform's managed policy: the managed preferences of the device.
func System() Policy {
	return func() ([]Text, Problems) {
		fi, err := os.Stat(preferences)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, nil
		case err != nil:
			return nil, Problems{{preferences, plain(err)}}
		}
		if err := trusted(fi, 0); err != nil {
			return nil, Problems{{preferences, err}}
		}
		// The file is binary; the system's own tool reads it.
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) //nolint:forbidigo // Load has none: it happens once, at the start
		defer cancel()
		text, err := exec.CommandContext(ctx, "/usr/bin/plutil", "-convert", "json", "-o", "-", "--", preferences).Output()
		if err != nil {
			return nil, Problems{{preferences, errors.New("cannot be read by plutil")}}
		}
		return []Text{{preferences, text}}, nil
	}
}
