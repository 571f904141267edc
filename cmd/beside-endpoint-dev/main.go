package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"beside/auth/devidp"
	"beside/policy"
	"beside/server/directory/demo"
	"beside/server/directory/file"
	"beside/server/manage"
	"beside/server/node"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	dir, listen, page, host, metrics string
	relay                            string // address of STUN and TURN
	state                            policy.DeviceState
	allowUnenrolled                  bool
	words                            []string // a console command instead of serving
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{state: policy.StateCompliant}
	fs := flag.NewFlagSet("beside-endpoint-dev", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.dir, "data", "", "data folder, marked as a development one")
	fs.StringVar(&o.listen, "listen", "127.0.0.1:0", "address of the endpoint and of the token side of the identity provider (https)")
	fs.StringVar(&o.page, "page", "", "address of the sign-in page (http); the host of -listen and a free port if empty")
	fs.StringVar(&o.host, "host", "", "name or address under which the endpoint is reached, if not that of -listen")
	fs.StringVar(&o.metrics, "metrics", "", "address of the metrics page; none if empty")
	fs.StringVar(&o.relay, "relay", "", "address of STUN and TURN over UDP and TCP, which turns on TURN over TLS, too; none if empty")
	fs.BoolVar(&o.allowUnenrolled, "allow-unenrolled", false, "allow help for devices that are not enrolled")
	fs.Bool("json", true, "print one line of JSON on standard output when ready (always so)")
	fs.Func("state", "state of the demo sharer's device: compliant, noncompliant, unenrolled (allows unenrolled devices too) or unknown", func(s string) error {
		if o.state = policy.ParseDeviceState(s); o.state.String() != s {
			return errors.New("no such state")
		}
		o.allowUnenrolled = o.allowUnenrolled || o.state == policy.StateNotEnrolled
		return nil
	})
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if o.words = fs.Args(); o.dir == "" {
		return o, errors.New("-data is needed")
	}
	return o, nil
}

// ready is the line that says where everything is.
type ready struct {
	Ready     bool     `json:"ready"`
	Endpoint  string   `json:"endpoint"`
	Authority string   `json:"authority"`
	Tenant    string   `json:"tenant"`
	ClientID  string   `json:"client_id"`
	API       string   `json:"api"`
	CA        string   `json:"ca"`
	SignIn    string   `json:"sign_in"` // origin of the sign-in page
	Admin     string   `json:"admin"`   // the admin site
	People    []string `json:"people"`  // names to sign in with
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return err
	}
	if err := seed(ctx, o); err != nil {
		return err
	}
	if len(o.words) > 0 {
		return console(ctx, stdout, o)
	}
	log.Warn("DEVELOPMENT endpoint: anybody can sign in as anybody")
	c := node.Config{Dir: o.dir, Listen: o.listen, Metrics: o.metrics, Tenant: demo.Tenant, Dev: true, Log: log}
	if o.host != "" {
		c.Hosts = []string{o.host}
	}
	if o.relay != "" {
		c.Relay = node.RelayConfig{Listen: o.relay, TLS: true}
	}
	n, err := node.Open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Close()) }()
	secret := rand.Text()
	idp, page, err := provider(ctx, o, n, secret)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := &http.Server{Handler: idp.PageHandler(), ReadHeaderTimeout: 10 * time.Second}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := pages.Serve(page); !errors.Is(err, http.ErrServerClosed) {
			log.Error("sign-in page", "err", err)
			cancel()
		}
	})
	defer func() { err = errors.Join(err, pages.Close()); wg.Wait() }()

	line := ready{
		Ready: true, Endpoint: n.Origin, Authority: n.Origin + "/" + demo.Tenant, Tenant: demo.Tenant, ClientID: clientID,
		API: api, CA: n.CA.File, SignIn: idpBase(o, page), Admin: n.Origin + node.AdminPath, People: usernames(),
	}
	front := node.Front{
		Verifier: &verifier{ctx: ctx, node: n}, ClientID: clientID, API: api, Authority: line.Authority, Other: idp.Handler(),
		Rest: &verifier{ctx: ctx, node: n},
		Admin: &node.AdminFront{
			ClientID: adminID, Secret: secret, Scope: api + "/" + scope, HTTP: own(n), Verifier: &verifier{ctx: ctx, node: n, admin: true},
			Metadata: line.Authority + "/v2.0/.well-known/openid-configuration",
		},
	}
	return n.Serve(ctx, front, func() {
		if err := json.NewEncoder(stdout).Encode(line); err != nil {
			log.Error("standard output", "err", err)
			cancel()
		}
	})
}

// console runs an administrator's command on the development data.
func console(ctx context.Context, w io.Writer, o options) error {
	s, err := node.OpenStore(ctx, o.dir, "", true)
	if err != nil {
		return err
	}
	return errors.Join(manage.Run(ctx, w, s, demo.Tenant, o.words), s.Close())
}

// seed writes the demo directory and, the first time, makes the organisation usable.
func seed(ctx context.Context, o options) (err error) {
	s, err := node.OpenStore(ctx, o.dir, "", true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if len(o.words) == 0 {
		if err := file.Write(filepath.Join(o.dir, node.DirectoryFile), demo.Data(o.state)); err != nil {
			return err
		}
	}
	t := s.For(demo.Tenant)
	if err := t.SetUp(ctx); err != nil {
		return err
	}
	have, err := t.Settings(ctx)
	if err != nil {
		return err
	}
	want := have
	want.AllowUnenrolled = have.AllowUnenrolled || o.allowUnenrolled
	if have.Licence == policy.LicenceNone {
		want.Licence, want.Enabled = policy.LicenceTrial, true
		roles, as := demo.Assignments(demo.Tenant)
		for _, r := range roles {
			if err := t.PutRole(ctx, r); err != nil {
				return err
			}
		}
		for _, a := range as {
			if err := t.PutAssignment(ctx, a); err != nil {
				return err
			}
		}
	}
	if want == have {
		return nil
	}
	return t.PutSettings(ctx, "demo", want)
}

// provider makes the identity provider and listens for its page.
func provider(ctx context.Context, o options, n *node.Node, secret string) (*devidp.Provider, net.Listener, error) {
	if o.page == "" {
		host, _, err := net.SplitHostPort(o.listen)
		if err != nil {
			return nil, nil, err
		}
		o.page = net.JoinHostPort(host, "0")
	}
	page, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.page)
	if err != nil {
		return nil, nil, err
	}
	p, err := devidp.New(devidp.Options{Base: n.Origin, AuthBase: idpBase(o, page), Users: users(), Apps: apps(n.Origin, secret)})
	if err != nil {
		return nil, nil, errors.Join(err, page.Close())
	}
	return p, page, nil
}

// idpBase is the origin of the sign-in page as a browser reaches it.
func idpBase(o options, page net.Listener) string {
	host, port, err := net.SplitHostPort(page.Addr().String())
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		if host = "127.0.0.1"; o.host != "" {
			host = o.host
		}
	}
	return "http://" + net.JoinHostPort(host, port)
}
