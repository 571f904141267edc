package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"beside/server/manage"
	"beside/server/node"
	"beside/server/store"
)

const publicCloud = "https://login.microsoftonline.com"

const usage = `beside-endpoint [serve] [-config FILE] -data DIR -origin URL -tenant GUID -client-id GUID -api URI [flags]
beside-endpoint COMMAND -data DIR [-tenant GUID]

Commands:
` + manage.Usage + `  migrate              bring the database to the newest schema
  backup FILE          copy the SQLite database while it is in use
  rotate-keys          make a new grant key; no node may be running
  anchor request       print what beside-anchor must sign, where the anchor is kept elsewhere
  anchor import FILE   publish what it signed
  config               show every setting, where it came from and what is wrong

A setting is a flag, or else an environment variable (BESIDE_CLIENT_ID is -client-id), or else a line
"client-id = …" in the file that -config names, or else built in.

The database is an SQLite file in the data folder, or the PostgreSQL that the environment
variable DATABASE_URL, -database-file or -database names.

Flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, manage.ErrUsage):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	node.Config
	clientID, api, authority  string
	adminID, adminSecret      string // of the admin site; the secret is a file
	apiClients                list   // applications that may use the administration API
	proxies                   list   // whose word counts on where a request comes from
	databaseURL, databaseFile string
	relay                     relayFlags
	siem                      siemFlags
	configFile                string
	from                      map[string]string // setting -> where it came from
	flags                     *flag.FlagSet
	directory                 directoryFlags
	signIn                    providerFlags
	given                     func(flag string) bool
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, words, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if len(words) == 1 && words[0] == "config" {
		show(stdout, o.flags, o.from)
		_, err := o.settle(ctx)
		return err
	}
	o.Log = slog.New(slog.NewJSONHandler(stderr, nil))
	if len(words) > 0 && words[0] != "serve" {
		return console(ctx, stdout, o, words)
	}
	if len(words) > 1 {
		return fmt.Errorf("%w: %q", manage.ErrUsage, words[1])
	}
	for _, name := range strange(o.flags, os.Environ()) {
		o.Log.Warn("this environment variable is no setting", "name", name)
	}
	return serve(ctx, o)
}

// parse reads flags wherever they stand among the words.
func parse(args []string, stderr io.Writer) (o options, words []string, err error) {
	fs := flag.NewFlagSet("beside-endpoint", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() { fmt.Fprint(stderr, usage); fs.PrintDefaults() }
	fs.StringVar(&o.Dir, "data", "", "data folder")
	fs.StringVar(&o.databaseURL, "database", "", "postgres:// URL without a password (others can read arguments)")
	fs.StringVar(&o.databaseFile, "database-file", "", "file that holds the postgres:// URL, readable by its owner only")
	fs.StringVar(&o.Listen, "listen", ":8443", "address to listen on")
	fs.StringVar(&o.Metrics, "metrics", "", "address of the metrics page, for the operator only; none if empty")
	fs.StringVar(&o.Tenant, "tenant", "", "the organisation's tenant id")
	fs.StringVar(&o.clientID, "client-id", "", "application id of the desktop app")
	fs.StringVar(&o.api, "api", "", "App ID URI of the policy API, api://<application id>; with -issuer the audience of its access tokens")
	fs.StringVar(&o.adminID, "admin-client-id", "", "application id of the admin site; no admin site if empty")
	fs.StringVar(&o.adminSecret, "admin-secret-file", "", "file with the client secret of the admin site, readable by this account only")
	fs.Var(&o.apiClients, "api-client-id", "application `id` of a program that may use the administration API; may be given several times, no API if never")
	fs.StringVar(&o.authority, "authority", publicCloud, "where people sign in (another one for national clouds)")
	fs.StringVar(&o.Origin, "origin", "", "https://host[:port] under which apps reach the endpoint")
	fs.StringVar(&o.CertFile, "tls-cert", "", "certificate file; without one the data folder gets an authority of its own (ca.pem)")
	fs.StringVar(&o.KeyFile, "tls-key", "", "key file of the certificate")
	fs.Var(&o.proxies, "trusted-proxy", "`address` or network of a proxy in front, whose X-Forwarded-For counts; may be given several times")
	fs.StringVar(&o.configFile, "config", "", "file of settings, a line each: name = value")
	o.relay.add(fs)
	o.siem.add(fs)
	o.flags = fs
	o.directory.add(fs)
	o.signIn.add(fs)
	o.given = func(name string) (is bool) {
		fs.Visit(func(f *flag.Flag) { is = is || f.Name == name })
		return is
	}
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return o, nil, err
			}
			return o, nil, fmt.Errorf("%w: %w", manage.ErrUsage, err)
		}
		if args = fs.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	if o.from, err = settle(fs, os.Getenv, &o.configFile); err != nil {
		return o, nil, err
	}
	o.Tenant = strings.ToLower(o.Tenant)
	return o, words, nil
}

// list is a flag that may be given several times, or once with commas.
type list []string

// String implements flag.Value.
func (l *list) String() string { return strings.Join(*l, ",") }

// Set implements flag.Value.
func (l *list) Set(s string) error {
	for x := range strings.SplitSeq(s, ",") {
		if x = strings.TrimSpace(x); x != "" {
			*l = append(*l, x)
		}
	}
	return nil
}

// console runs an administrator's command on the data folder and its database.
func console(ctx context.Context, w io.Writer, o options, words []string) (err error) {
	if o.Dir == "" {
		return fmt.Errorf("%w: -data is needed", manage.ErrUsage)
	}
	if o.Database, err = database(o.databaseURL, o.databaseFile, os.Getenv("DATABASE_URL")); err != nil {
		return err
	}
	if _, err := os.Stat(o.Dir); err != nil { // a mistyped folder is not made
		return fmt.Errorf("data folder: %w", err)
	}
	s, err := node.OpenStore(ctx, o.Dir, o.Database, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	switch {
	case words[0] == "migrate" && len(words) == 1:
		v, err := s.Version(ctx) // opening has done it
		if err == nil {
			fmt.Fprintf(w, "the database has schema version %d\n", v)
		}
		return err
	case words[0] == "backup" && len(words) == 2:
		if err := s.Backup(ctx, words[1]); err != nil {
			return err
		}
		fmt.Fprintf(w, "copied the database to %s; the keys in the data folder are not in it\n", words[1])
		return nil
	}
	tenant, err := only(ctx, s, o.Tenant)
	if err != nil {
		return err
	}
	if words[0] == "rotate-keys" && len(words) == 1 {
		kid, err := node.RotateKeys(ctx, o.Dir, tenant, s)
		if err == nil {
			fmt.Fprintf(w, "the grant key is now %s; copy grant.key to the other nodes before they start\n", kid)
		}
		return err
	}
	if words[0] == "anchor" {
		return anchorWords(ctx, w, o.Dir, tenant, s, words[1:])
	}
	return manage.Run(ctx, w, s, tenant, words)
}

// only is the tenant that was named, or the only one there is.
func only(ctx context.Context, s *store.Store, named string) (string, error) {
	if named != "" {
		if !guid.MatchString(named) {
			return "", fmt.Errorf("%w: -tenant is not a GUID", manage.ErrUsage)
		}
		return named, s.For(named).SetUp(ctx)
	}
	ids, err := s.Tenants(ctx)
	if err != nil {
		return "", err
	}
	if len(ids) != 1 {
		return "", fmt.Errorf("%w: -tenant is needed", manage.ErrUsage)
	}
	return ids[0], nil
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// check finds what cannot be served with, and what only a development endpoint may be started with.
func (o options) check() error {
	var wrong faults
	wrong.when(o.Dir == "", "-data is needed")
	wrong.when(!guid.MatchString(o.Tenant), "-tenant must be a GUID")
	wrong.when(o.Origin == "", "-origin is needed: apps and grants name the endpoint by it")
	wrong.when((o.CertFile == "") != (o.KeyFile == ""), "-tls-cert and -tls-key belong together")
	if o.CertFile != "" && o.KeyFile != "" {
		_, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		wrong.add(err)
	}
	for name, address := range map[string]string{"-listen": o.Listen, "-metrics": o.Metrics, "-relay": o.relay.listen} {
		if _, _, err := net.SplitHostPort(address); err != nil && address != "" {
			wrong.add(fmt.Errorf("%s: %w", name, err))
		}
	}
	wrong.add(publicOrigin("-authority", o.authority))
	return wrong.err()
}

// publicOrigin wants an address that people of an organisation can reach, never one on this
// machine: that would be a development provider.
func publicOrigin(flag, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" {
		return fmt.Errorf("%w: %s must be https://host", manage.ErrUsage, flag)
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if net.ParseIP(host) != nil || host == "localhost" || strings.HasSuffix(host, ".localhost") || !strings.Contains(host, ".") {
		return fmt.Errorf("%w: %s is no public service", manage.ErrUsage, flag)
	}
	return nil
}
