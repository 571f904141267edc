package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// browserNames are tried in this order.
var browserNames = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// browserCommand becomes a Chromium with a profile of its own that tells where it can be asked
// what it shows. It is what xdg-open runs for the apps of the demo.
func browserCommand(args []string) error {
	fs := flag.NewFlagSet("beside-demo browser", flag.ContinueOnError)
	profile := fs.String("profile", "", "folder of the profile")
	lang := fs.String("lang", "en", "language of the browser")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() != 1 || *profile == "" {
		return errors.New("browser: need -profile and one address")
	}
	if u := fs.Arg(0); !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
		return errors.New("browser: only web addresses")
	}
	path := ""
	for _, name := range browserNames {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return errors.New("no Chromium here: install the package chromium")
	}
	argv := []string{
		path, "--user-data-dir=" + *profile, "--lang=" + *lang, "--remote-debugging-port=0",
		"--no-first-run", "--no-default-browser-check", "--password-store=basic", "--disable-gpu", "--disable-dev-shm-usage",
		"--disable-features=Translate,MediaRouter", "--disable-background-networking", "--disable-sync",
		"--window-position=60,40", "--window-size=1000,800",
	}
	if os.Geteuid() == 0 {
		// Chromium refuses its sandbox to root; the only page it opens is the demo's own.
		argv = append(argv, "--no-sandbox", "--test-type")
	}
	return syscall.Exec(path, append(argv, fs.Arg(0)), os.Environ())
}
