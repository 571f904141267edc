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
	"path/filepath"
	"strings"
	"syscall"

	"beside/codec/vpx"
	"beside/eventlog"
	_ "beside/internal/slack" // an idle session wakes seldom
	"beside/session/pair"
	conf "beside/settings"
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

// settings is what a person or an administrator can set; conf says where each comes from.
type settings struct {
	conf     *conf.Settings
	events   *eventlog.Log // of the operating system
	endpoint string        // https origin of the policy endpoint
	tenant   string        // directory id of the organisation
	client   string        // application id of the desktop app
	api      string        // application id, or URI, of the endpoint's API
	// authority replaces the public cloud's, for sovereign clouds: https://host/<tenant>
	authority string
	issuer    string // OpenID Connect provider instead of Microsoft Entra ID
	scope     string // that the issuer's tokens need
	object    string // claim that names the account
	anchor    string // organisation's anchor key, base64; "" pins the first one seen
	state     string // folder for what this app remembers
	lang      string // "en", "nl", or "" for the system's
	look      string // "light", "dark", or "" for the system's
	join      string // code from a beside://join# link, or ""
	verbose   bool
	stats     io.Writer // gets the meter; nil: nobody asked
	dev       devSettings
}

// run parses the command line and runs the app until its last window closes.
func run(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	var s settings
	f := flag.NewFlagSet("beside", flag.ContinueOnError)
	f.SetOutput(errs)
	f.Usage = func() {
		fmt.Fprintln(errs, "Usage: beside [flags] [beside://join#CODE]\n\nRemote help by your own organisation. Flags:")
		f.PrintDefaults()
	}
	q := s.flags(f)
	if err := f.Parse(args); err != nil {
		return err
	}
	if q.version {
		_, err := fmt.Fprintln(out, "beside", version+films())
		return err
	}
	if q.config {
		if err := s.load(f); err != nil {
			return err
		}
		return s.conf.Show(out)
	}
	if q.enrol != "" {
		if err := s.load(f); err != nil {
			return err
		}
		return s.enrol(ctx, q.enrol, os.Stdin, out)
	}
	if q.stats {
		s.stats = out
	}
	s.events = eventlog.Open(eventlog.Options{Fallback: errs})
	defer func() { err = errors.Join(err, s.events.Close()) }()
	if err := s.load(f); err != nil {
		s.refused(err)
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
	if err := s.show(ctx, slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: level}))); err != nil {
		s.events.Write(eventlog.AppFailed) // without the error: it is not made for a log that others keep
		return err
	}
	return nil
}

// show runs the app.
func (s *settings) show(ctx context.Context, log *slog.Logger) error {
	p, err := newParts(ctx, s, log)
	if err != nil {
		return err
	}
	return p.window(ctx)
}

// questions are flags that ask for something on standard output: all but stats instead of running the app.
type questions struct {
	version, config, stats bool
	enrol                  string // "-" or a file
}

// flags defines every flag.
func (s *settings) flags(f *flag.FlagSet) *questions {
	f.String("endpoint", "", "`address` of your organisation's policy endpoint, https://host[:port]")
	f.String("tenant", "", "directory (tenant) `id` of your organisation")
	f.String("client-id", "", "application `id` of the desktop app in your directory")
	f.String("api", "", "application `id` of the policy endpoint's API in your directory; with -issuer the audience of its tokens")
	f.String("authority", "", "sign-in `address` of a national cloud, https://host/tenant; default is the public cloud")
	f.String("issuer", "", "`address` of an OpenID Connect provider to sign in at instead of Microsoft Entra ID")
	f.String("issuer-scope", "", "`scope` that tokens of the -issuer need for the policy endpoint")
	f.String("claim-object", "", "`claim` of the -issuer that names the account; default is sub")
	f.String("anchor", "", "your organisation's anchor `key`, base64")
	f.String("lang", "", "`language`: en or nl; default is the system's")
	f.String("look", "", "appearance: light or dark; default is the system's")
	f.StringVar(&s.state, "state", defaultState(), "`folder` for what the app remembers, such as pins")
	f.BoolVar(&s.verbose, "v", false, "log more")
	q := &questions{}
	f.BoolVar(&q.version, "version", false, "print the version and stop")
	f.BoolVar(&q.config, "show-config", false, "print every setting and where it came from, and stop")
	f.StringVar(&q.enrol, "enrol", "", "enrol this device with the one-time token in a `file`, or - for standard input, and stop")
	f.BoolVar(&q.stats, "stats", false, "while helping, print the meter to standard output once a second, as lines of JSON")
	s.dev.flags(f)
	return q
}

// load settles every setting: the flags that were given are one of its sources.
func (s *settings) load(f *flag.FlagSet) error {
	given := map[conf.Key]string{}
	f.Visit(func(x *flag.Flag) {
		if k := conf.Key(x.Name); conf.FromFlag(k) {
			given[k] = x.Value.String()
		}
	})
	c, err := conf.Load(conf.Options{Policy: s.dev.policy(), Own: ownFile(), Getenv: os.Getenv, Flags: given})
	if err != nil {
		return err
	}
	s.conf = c
	s.endpoint, s.tenant, s.client, s.api = c.Text(conf.Endpoint), c.Text(conf.Tenant), c.Text(conf.ClientID), c.Text(conf.API)
	s.issuer, s.scope, s.object = c.Text(conf.Issuer), c.Text(conf.IssuerScope), c.Text(conf.ClaimObject)
	s.authority, s.anchor, s.lang, s.look = c.Text(conf.Authority), c.Text(conf.Anchor), c.Text(conf.Lang), c.Text(conf.Look)
	return nil
}

// refused tells IT what is wrong with the settings: the person in front of the app cannot mend it.
func (s *settings) refused(err error) {
	var all conf.Problems
	if !errors.As(err, &all) {
		return
	}
	for _, p := range all {
		s.events.Write(eventlog.SettingsRefused, eventlog.Field{Key: eventlog.Detail, Value: p.Where + ": " + p.Err.Error()})
	}
}

// ownFile is the person's own settings; "" where there is no home.
func ownFile() string {
	d, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(d, "beside", "settings.json")
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
