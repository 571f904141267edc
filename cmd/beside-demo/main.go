package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"beside/internal/proc"
)

var version = "unversioned" // set by the linker

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "beside-demo:", err)
		os.Exit(1)
	}
}

// run picks what to do by the first argument.
func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "sign-in":
			return signInCommand(ctx, args[1:])
		case "browser":
			return browserCommand(args[1:])
		}
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.version {
		fmt.Println("beside-demo", version)
		return nil
	}
	work, err := os.MkdirTemp("", "beside-demo-")
	if err != nil {
		return err
	}
	o.work = work
	g, err := proc.New(filepath.Join(work, "log"))
	if err != nil {
		return err
	}
	switch {
	case o.hold:
		err = hold(ctx, g, o, os.Stdout)
	case o.headless:
		err = play(ctx, g, o)
	default:
		err = guide(ctx, g, o)
	}
	g.Close()
	if err != nil {
		return fmt.Errorf("%w (logs of the programs: %s)", err, filepath.Join(work, "log"))
	}
	if o.keep {
		return nil
	}
	return os.RemoveAll(work)
}

// options are what the command line says.
type options struct {
	headless, hold, dark, keep, version bool
	lang, out, bin, work                string

	sharerDisplay, helperDisplay string
	mode, address                string
	fullScreen                   bool
	execSharer, execHelper       []string
	execEndpoint                 []string
	helperUser, sharerUser       string
	size                         image.Point // of displays of our own
}

func parse(args []string) (options, error) {
	var o options
	fs := flag.NewFlagSet("beside-demo", flag.ContinueOnError)
	fs.BoolVar(&o.headless, "headless", os.Getenv("DISPLAY") == "", "play the scenario on displays of its own; the default where there is no display")
	fs.StringVar(&o.lang, "lang", "en", "language: en or nl")
	fs.BoolVar(&o.dark, "dark", false, "dark theme")
	fs.StringVar(&o.out, "out", filepath.Join("demo", "out"), "folder for the pictures")
	fs.BoolVar(&o.keep, "keep", false, "keep the folder with data and logs")
	fs.BoolVar(&o.version, "version", false, "print the version")
	fs.StringVar(&o.helperUser, "helper-user", "", "demo person who helps")
	fs.StringVar(&o.sharerUser, "sharer-user", "", "demo person who is helped")
	fs.StringVar(&o.bin, "bin", "", "folder with beside-dev and beside-endpoint-dev; default: where this program is")

	fs.BoolVar(&o.hold, "hold", false, "bring a session up, print one line of JSON, hold it until SIGTERM")
	fs.StringVar(&o.sharerDisplay, "sharer-display", "", "with -hold: X display of the sharer; default: one of its own")
	fs.StringVar(&o.helperDisplay, "helper-display", "", "with -hold: X display of the helper; default: one of its own")
	fs.StringVar(&o.mode, "mode", "control", "with -hold: view or control")
	fs.BoolVar(&o.fullScreen, "fullscreen", false, "with -hold: the helper's picture fills the screen, one to one")
	fs.StringVar(&o.address, "address", "127.0.0.1", "with -hold: host at which the endpoint can be reached")
	prefixes := map[string]*[]string{"exec-sharer": &o.execSharer, "exec-helper": &o.execHelper, "exec-endpoint": &o.execEndpoint}
	for name, into := range prefixes {
		fs.Func(name, "with -hold: command `prefix` for that process, such as \"ip netns exec ga\"", func(s string) error {
			*into = strings.Fields(s)
			return nil
		})
	}
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unknown argument %q", fs.Arg(0))
	}
	if o.lang != "en" && o.lang != "nl" {
		return o, fmt.Errorf("-lang %q: en or nl", o.lang)
	}
	if o.mode != "view" && o.mode != "control" {
		return o, fmt.Errorf("-mode %q: view or control", o.mode)
	}
	if o.bin == "" {
		self, err := os.Executable()
		if err != nil {
			return o, err
		}
		o.bin = filepath.Dir(self)
	}
	o.size = image.Pt(1920, 1080)
	for _, name := range []string{"beside-dev", "beside-endpoint-dev"} {
		if _, err := os.Stat(filepath.Join(o.bin, name)); err != nil && !o.version {
			return o, fmt.Errorf("%s is not in %s: run make build", name, o.bin)
		}
	}
	return o, nil
}

// program is the path of one of our programs.
func (o options) program(name string) string { return filepath.Join(o.bin, name) }

// self is the command line that runs this program again with other arguments.
func (o options) self(args ...string) string {
	return strings.Join(append([]string{o.program("beside-demo")}, args...), " ")
}
