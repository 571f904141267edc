package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"beside/auth"
	"beside/policy/api"
	"beside/server/admin"
	face "beside/server/api"
	"beside/server/directory"
	"beside/server/keys"
	"beside/server/relay"
	"beside/server/rendezvous"
	"beside/server/selfca"
	"beside/server/signal"
	"beside/server/sink"
	"beside/server/store"
	"beside/server/store/postgres"
	"beside/server/store/sqlite"
)

// Marker is the file that makes a data folder one of a development endpoint.
const Marker = "DEVELOPMENT"

// DirectoryFile is the endpoint's own directory in the data folder.
const DirectoryFile = "directory.json"

// DatabaseFile is the SQLite database in the data folder, and SpoolFile keeps audit rows
// while the database takes none.
const (
	DatabaseFile = "beside.db"
	SpoolFile    = "audit.spool"
)

const (
	drainTime  = 10 * time.Second
	purgeEvery = time.Hour
)

var (
	// ErrDevelopment means that the data folder is one of a development endpoint, or is not.
	ErrDevelopment = errors.New("node: data folder of the other kind of endpoint")
	// ErrInUse means that another endpoint serves from the data folder.
	ErrInUse = errors.New("node: data folder is in use")
	// ErrConfig wraps what is wrong with the configuration.
	ErrConfig = errors.New("node: configuration")
)

// Config is what an endpoint is started with.
type Config struct {
	Dir     string // data folder, made if missing
	Listen  string // host:port
	Metrics string // host:port of the metrics page, "" for none
	Tenant  string // GUID of the organisation
	Dev     bool   // a development endpoint: the data folder is marked as one

	Database string // URL of a PostgreSQL database that nodes may share; "": SQLite in the data folder

	Origin            string   // https://host[:port] under which apps reach it; "" from Hosts or Listen
	CertFile, KeyFile string   // TLS; both empty: an authority in the data folder
	Hosts             []string // names for the certificate of that authority, the first for Origin

	Proxies []netip.Prefix // whose X-Forwarded-For counts

	Relay RelayConfig
	SIEM  SIEM

	Directory Directory // nil: the file in the data folder
	Own       *Own      // the directory in the database instead; nil for none

	Version string // shown to administrators
	Log     *slog.Logger
}

// Directory is who and what there is. Run keeps it up to date, and calls changed after something
// has changed: with an error if it cannot be used. Revision changes when the answers may have.
type Directory interface {
	directory.Browser
	Run(ctx context.Context, changed func(error)) error
	Revision() uint64
}

// Front is who signs people in.
type Front struct {
	Verifier                 auth.Verifier
	ClientID, API, Authority string
	Other                    http.Handler  // what is not the endpoint's; nil: 404
	Admin                    *AdminFront   // the admin site; nil for none
	Rest                     auth.Verifier // of the programs that may use the administration API; nil for no API
}

// AdminFront is how administrators sign in.
type AdminFront struct {
	ClientID, Secret string // of the registered web site
	Metadata         string // address of the provider's openid-configuration
	Scope            string // full names of the scopes that are asked for besides openid and profile
	Audience         string // for a provider that has to be told whom the token is for; "" otherwise
	Verifier         auth.Verifier
	HTTP             *http.Client // nil for the usual one
}

// AdminPath is where the admin site is, and AdminReturn where the identity provider sends people
// back to.
const (
	AdminPath   = "/admin/"
	AdminReturn = "/admin/sign-in/back"
)

// Node is an open endpoint. Close it once, after Serve has returned.
type Node struct {
	Origin string
	Store  *store.Store
	CA     *selfca.CA // nil when there are certificate files

	c    Config
	lock *os.File
	dir  Directory
	key  *keys.Keys
	ln   net.Listener

	relay signal.Relay    // nil for none
	own   *relay.Relay    // the same, if it is here
	split *relay.Splitter // of https and TURN over TLS, if they share a port
	open  []func() error  // closes what the relay listens on
}

// OpenStore checks the kind of the data folder and opens its database, or the one at a URL.
func OpenStore(ctx context.Context, dir, database string, dev bool) (*store.Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	if err := claimFolder(dir, dev); err != nil {
		return nil, err
	}
	if database != "" {
		return postgres.Open(ctx, database, nil)
	}
	return sqlite.Open(ctx, filepath.Join(dir, DatabaseFile), nil)
}

// RotateKeys puts a new grant key into the data folder, which no endpoint may be serving
// from, and publishes its statement for the tenant. It returns the new key's id.
func RotateKeys(ctx context.Context, dir, tenant string, s *store.Store) (kid string, err error) {
	l, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if kid, err = keys.Rotate(dir); err != nil {
		return "", err
	}
	k, _, err := keys.Open(keys.Options{Dir: dir, Store: s})
	if err != nil {
		return "", err
	}
	if _, err = k.Statement(ctx, tenant); err != nil {
		return "", err
	}
	_, err = s.For(tenant).Append(ctx, store.Entry{Actor: "console", Action: "keys.rotate", Outcome: "ok", Detail: kid})
	return kid, err
}

// claimFolder refuses to mix development and production data.
func claimFolder(dir string, dev bool) error {
	_, err := os.Stat(filepath.Join(dir, Marker))
	marked := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("node: %w", err)
	}
	if marked == dev {
		return nil
	}
	if marked {
		return fmt.Errorf("%w: %s belongs to a development endpoint", ErrDevelopment, dir)
	}
	if _, err := os.Stat(filepath.Join(dir, DatabaseFile)); err == nil {
		return fmt.Errorf("%w: %s does not belong to a development endpoint", ErrDevelopment, dir)
	}
	text := "This data folder belongs to a development endpoint. Anybody can sign in to it as anybody.\n"
	if err := os.WriteFile(filepath.Join(dir, Marker), []byte(text), 0o600); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	return nil
}

// Open opens everything and listens; nothing is answered before Serve.
func Open(ctx context.Context, c Config) (_ *Node, err error) {
	n := &Node{c: c}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Close())
		}
	}()
	if n.Store, err = OpenStore(ctx, c.Dir, c.Database, c.Dev); err != nil {
		return nil, err
	}
	if n.lock, err = lock(filepath.Join(c.Dir, "lock")); err != nil {
		return nil, err
	}
	if err = n.Store.For(c.Tenant).SetUp(ctx); err != nil {
		return nil, err
	}
	if n.dir, err = n.openDirectory(); err != nil {
		return nil, err
	}
	if n.ln, err = (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen); err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	if n.Origin, err = origin(c, n.ln.Addr()); err != nil {
		return nil, err
	}
	conf, err := n.tls()
	if err != nil {
		return nil, err
	}
	if err = n.openRelay(ctx, conf); err != nil {
		return nil, err
	}
	var made bool
	if n.key, made, err = keys.Open(keys.Options{Dir: c.Dir, Origin: n.Origin, Store: n.Store}); err != nil {
		return nil, err
	}
	if c.Database != "" {
		if err = n.key.Agree(ctx, c.Tenant); err != nil {
			return nil, err
		}
	}
	if made {
		c.Log.Warn("an anchor key was made in the data folder; whoever has the folder can speak for the organisation", "file", "anchor.key")
	}
	return n, nil
}

// Addr is where the node listens.
func (n *Node) Addr() net.Addr { return n.ln.Addr() }

// Close closes what Open opened.
func (n *Node) Close() error {
	var err error
	if n.ln != nil {
		if e := n.ln.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
			err = e
		}
	}
	for _, c := range n.open {
		if e := c(); e != nil && !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	if n.Store != nil {
		err = errors.Join(err, n.Store.Close())
	}
	if n.lock != nil {
		err = errors.Join(err, n.lock.Close())
	}
	return err
}

// origin is the address that apps and grants use, in its one spelling.
func origin(c Config, addr net.Addr) (string, error) {
	if c.Origin == "" {
		host, port, err := net.SplitHostPort(addr.String())
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrConfig, err)
		}
		if len(c.Hosts) > 0 {
			host = c.Hosts[0]
		} else if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
			host = "127.0.0.1"
		}
		return strings.ToLower("https://" + net.JoinHostPort(host, port)), nil
	}
	u, err := url.Parse(c.Origin)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil ||
		c.Origin != strings.ToLower("https://"+u.Host) || u.Port() == "443" {
		return "", fmt.Errorf("%w: origin must be https://host[:port] in lower case, without :443", ErrConfig)
	}
	return c.Origin, nil
}

func (n *Node) tls() (*tls.Config, error) {
	if n.c.CertFile != "" || n.c.KeyFile != "" {
		pair, err := tls.LoadX509KeyPair(n.c.CertFile, n.c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("%w: TLS: %w", ErrConfig, err)
		}
		return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, Certificates: []tls.Certificate{pair}}, nil
	}
	u, err := url.Parse(n.Origin)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	hosts := append([]string{u.Hostname(), "127.0.0.1", "localhost"}, n.c.Hosts...)
	if n.CA, err = selfca.Open(n.c.Dir, hosts, nil); err != nil {
		return nil, err
	}
	return n.CA.Config(), nil
}

// Serve answers until ctx ends, then drains: sockets are closed, requests that have begun
// are finished. ready is called once everything runs. The error is nil after a drain.
func (n *Node) Serve(ctx context.Context, f Front, ready func()) error {
	log := n.c.Log
	var hub *signal.Hub
	shared := n.c.Database != ""
	desk := rendezvous.New(rendezvous.Options{
		Store: n.Store, Shared: shared,
		Alarm: func(tenant string) {
			log.Warn("very many wrong codes", "tenant", tenant)
			hub.Note(context.WithoutCancel(ctx), tenant, "", "alarm", "code.guessing")
		},
		Locked: func(tenant, object string) {
			log.Warn("account locked out after wrong codes", "tenant", tenant, "object", object)
			hub.Note(context.WithoutCancel(ctx), tenant, object, "lockout", api.CodeTooMany)
		},
	})
	hub = signal.New(signal.Options{
		Store: n.Store, Directory: n.directory(), Desk: desk, Signer: n.key, Origin: n.Origin, Log: log, Revision: n.dir.Revision,
		Shared: shared, Spool: filepath.Join(n.c.Dir, SpoolFile), Relay: n.relay,
	})
	server := face.New(face.Options{Hub: hub, Verifier: n.reading(f.Verifier), Log: log, Ready: n.Store.Ping, Config: n.config(f)})

	sinks := n.sinks()
	site, err := n.admin(f.Admin, hub, server, sinks)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	hs := &http.Server{
		Handler: behind(n.c.Proxies, n.withSCIM(route(server, site, n.rest(f.Rest, hub, server, sinks), f.Other))), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ms := &http.Server{Handler: server.Metrics(n.relayFigures, sinkFigures(sinks)), ReadHeaderTimeout: 10 * time.Second}
	var wg sync.WaitGroup
	run := func(what string, fn func() error) {
		wg.Go(func() {
			if err := fn(); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, http.ErrServerClosed) {
				cancel(fmt.Errorf("node: %s: %w", what, err))
			}
		})
	}
	hubCtx, stopHub := context.WithCancel(context.WithoutCancel(ctx)) // the hub outlives the sockets
	defer stopHub()
	run("sessions", func() error { return hub.Run(hubCtx) })
	run("directory", func() error { return n.dir.Run(ctx, n.directoryChanged) })
	run("purge", func() error { return n.purge(ctx) })
	for _, s := range sinks {
		run(s.Name(), func() error { return s.Run(ctx) })
	}
	run("https", func() error { return hs.Serve(n.ln) })
	n.runRelay(hubCtx, run) // goes on until those who drain have gone
	if n.c.Metrics != "" {
		ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", n.c.Metrics)
		if err != nil {
			cancel(fmt.Errorf("node: metrics: %w", err))
		} else {
			run("metrics", func() error { return ms.Serve(ln) })
		}
	}
	if ctx.Err() == nil && ready != nil {
		ready()
	}
	<-ctx.Done()
	log.Info("draining", "sockets", server.Sockets())
	server.Drain()
	drain, done := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer done()
	err = errors.Join(hs.Shutdown(drain), ms.Shutdown(drain))
	for server.Sockets() > 0 && drain.Err() == nil {
		select {
		case <-time.After(10 * time.Millisecond):
		case <-drain.Done():
		}
	}
	stopHub()
	wg.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return errors.Join(cause, err)
	}
	return err
}

func (n *Node) directoryChanged(err error) {
	if err != nil {
		n.c.Log.Error("the directory cannot be read; what it does not answer is refused", "err", err)
		return
	}
	n.c.Log.Info("the directory was read again")
}

// purge removes what is older than the retention, now and every hour.
func (n *Node) purge(ctx context.Context) error {
	t := time.NewTicker(purgeEvery)
	defer t.Stop()
	for {
		p, err := n.Store.Purge(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			n.c.Log.Error("purge", "err", err)
		case p != store.Purged{}:
			n.c.Log.Info("purged", "sessions", p.Sessions, "audit", p.Audit)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}

// admin makes the admin site.
func (n *Node) admin(f *AdminFront, hub *signal.Hub, server *face.Server, sinks []*sink.Sink) (http.Handler, error) {
	if f == nil {
		return nil, nil
	}
	key, err := n.key.Derive("admin site cookie")
	if err != nil {
		return nil, err
	}
	checks := []admin.Check{{Name: "apps", Ask: func(context.Context) (string, error) { return strconv.Itoa(server.Sockets()), nil }}}
	for _, s := range sinks {
		checks = append(checks, admin.Check{Name: s.Name(), Ask: asked(s)})
	}
	return admin.New(admin.Options{
		Store: n.Store, Directory: n.directory(), Tenant: n.c.Tenant, Key: key, End: hub.End, Version: n.c.Version, Log: n.c.Log,
		SignIn: &admin.OIDC{
			Metadata: f.Metadata, ClientID: f.ClientID, Secret: f.Secret, Redirect: n.Origin + AdminReturn, Scope: f.Scope,
			Verifier: n.reading(f.Verifier), HTTP: f.HTTP, Audience: f.Audience,
		},
		Checks: checks,
	})
}

// Member says whether the directory knows an account as a member, for tokens that do not
// say whether it is a guest.
func (n *Node) Member(ctx context.Context, tenant, object string) (bool, error) {
	return directory.Member(n.dir)(ctx, tenant, object)
}
