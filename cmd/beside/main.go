package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"beside/codec/vpx"
	"beside/session/pair"
)

// version is set by the linker.
var version = "0.1.0-dev" //nolint:gochecknoglobals // the linker needs a variable

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			os.Exit(2)
		}
		fmt.Fprintln(os.Stderr, "beside:", err)
		os.Exit(1)
	}
}

// settings is what a person or an administrator can set on the command line.
type settings struct {
	endpoint string // https origin of the policy endpoint
	tenant   string // directory id of the organisation
	client   string // application id of the desktop app
	api      string // application id, or URI, of the endpoint's API
	// authority replaces the public cloud's, for sovereign clouds: https://host/<tenant>
	authority string
	anchor    string // organisation's anchor key, base64; "" pins the first one seen
	state     string // folder for what this app remembers
	lang      string // "en", "nl", or "" for the system's
	look      string // "light", "dark", or "" for the system's
	join      string // code from a beside://join# link, or ""
	verbose   bool
	dev       devSettings
}

// run parses the command line and runs the app until its last window closes.
func run(ctx context.Context, args []string, out, errs io.Writer) error {
	var s settings
	f := flag.NewFlagSet("beside", flag.ContinueOnError)
	f.SetOutput(errs)
	f.Usage = func() {
		fmt.Fprintln(errs, "Usage: beside [flags] [beside://join#CODE]\n\nRemote help by your own organisation. Flags:")
		f.PrintDefaults()
	}
	f.StringVar(&s.endpoint, "endpoint", os.Getenv("BESIDE_ENDPOINT"), "`address` of your organisation's policy endpoint, https://host[:port]")
	f.StringVar(&s.tenant, "tenant", os.Getenv("BESIDE_TENANT"), "directory (tenant) `id` of your organisation")
	f.StringVar(&s.client, "client-id", os.Getenv("BESIDE_CLIENT_ID"), "application `id` of the desktop app in your directory")
	f.StringVar(&s.api, "api", os.Getenv("BESIDE_API"), "application `id` of the policy endpoint's API in your directory")
	f.StringVar(&s.authority, "authority", os.Getenv("BESIDE_AUTHORITY"), "sign-in `address` of a national cloud, https://host/tenant; default is the public cloud")
	f.StringVar(&s.anchor, "anchor", os.Getenv("BESIDE_ANCHOR"), "your organisation's anchor `key`, base64")
	f.StringVar(&s.state, "state", defaultState(), "`folder` for settings and pins")
	f.StringVar(&s.lang, "lang", "", "`language`: en or nl; default is the system's")
	f.StringVar(&s.look, "look", "", "appearance: light or dark; default is the system's")
	f.BoolVar(&s.verbose, "v", false, "log more")
	showVersion := f.Bool("version", false, "print the version and stop")
	s.dev.flags(f)
	if err := f.Parse(args); err != nil {
		return err
	}
	if *showVersion {
		_, err := fmt.Fprintln(out, "beside", version+films())
		return err
	}
	switch f.NArg() {
	case 0:
	case 1:
		code, err := joinCode(f.Arg(0))
		if err != nil {
			return err
		}
		s.join = code
	default:
		return errors.New("one link at most")
	}
	if err := s.check(); err != nil {
		return err
	}
	level := slog.LevelInfo
	if s.verbose {
		level = slog.LevelDebug
	}
	p, err := newParts(ctx, &s, slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: level})))
	if err != nil {
		return err
	}
	return p.window(ctx)
}

// films says so if this program was built without libvpx.
func films() string {
	if vpx.Available {
		return ""
	}
	return " (without libvpx: moving pictures are lossless only)"
}

// joinCode takes the one form of link that this version knows apart. A link carries a code and nothing
// else: no endpoint, no account, no flag.
func joinCode(link string) (string, error) {
	if !strings.HasPrefix(link, pair.LinkPrefix) {
		return "", errors.New("that is not a link of Beside")
	}
	locator, secret, err := pair.ParseCode(link)
	if err != nil {
		return "", errors.New("that link holds no code")
	}
	return locator + secret, nil
}

// check says in words what is missing.
func (s *settings) check() error {
	for _, n := range []struct{ flag, value string }{
		{"-endpoint", s.endpoint}, {"-tenant", s.tenant}, {"-client-id", s.client}, {"-api", s.api},
	} {
		if n.value == "" {
			return fmt.Errorf("%s is not set: ask your administrator, or see the README to set up an endpoint", n.flag)
		}
	}
	if s.lang != "" && s.lang != "en" && s.lang != "nl" {
		return fmt.Errorf("-lang %q is not one of en, nl", s.lang)
	}
	if s.look != "" && s.look != "light" && s.look != "dark" {
		return fmt.Errorf("-look %q is not one of light, dark", s.look)
	}
	return nil
}

// defaultState is where this app keeps its settings and pins.
func defaultState() string {
	if d := os.Getenv("XDG_STATE_HOME"); d != "" {
		return d + "/beside"
	}
	d, err := os.UserConfigDir()
	if err != nil {
		return "beside-state"
	}
	return d + "/beside"
}
