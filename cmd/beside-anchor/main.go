package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"beside/policy/anchor"
	"beside/policy/grant"
)

const usage = `beside-anchor new       -file FILE
beside-anchor show      -file FILE [-pem]
beside-anchor statement -file FILE [-days 90] [-first] [-revoke ID]... [-min-app VERSION] REQUEST
beside-anchor device    -file FILE -tenant ID -device ID -key KEY [-days 365]
beside-anchor helper    -file FILE -tenant ID -helper ID -key KEY -devices ID[,ID] -rights RIGHT[,RIGHT] [-days 30]
beside-anchor verify    -file FILE -tenant ID [-statement FILE] SIGNED

FILE holds the key, sealed by a passphrase, and belongs on a medium that no network reaches.
The passphrase is asked for, or read from -passphrase-file (mode 0600) or a standard input that
is no terminal. REQUEST is what "beside-endpoint anchor request" printed; SIGNED is what this
command printed. Nothing is revoked but by a statement that an endpoint has published.

Flags:
`

var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "beside-anchor:", err)
		os.Exit(1)
	}
}

// list is a flag that may be given more than once.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

type options struct {
	file, passphrase, tenant, device, helper, key, devices, rights, minApp, statement string
	days                                                                              int
	first, pem                                                                        bool
	revoke                                                                            list
	in                                                                                *os.File
	out, errs                                                                         io.Writer
	now                                                                               time.Time
}

func run(ctx context.Context, args []string, in *os.File, out, errs io.Writer) error {
	o := options{in: in, out: out, errs: errs, now: time.Now()}
	f := flag.NewFlagSet("beside-anchor", flag.ContinueOnError)
	f.SetOutput(errs)
	f.Usage = func() { fmt.Fprint(errs, usage); f.PrintDefaults() }
	f.StringVar(&o.file, "file", "", "the anchor's `file`")
	f.StringVar(&o.passphrase, "passphrase-file", "", "`file` with the passphrase, readable by its owner only")
	f.StringVar(&o.tenant, "tenant", "", "organisation's `id`")
	f.StringVar(&o.device, "device", "", "device's `id`")
	f.StringVar(&o.helper, "helper", "", "helper's object `id`")
	f.StringVar(&o.key, "key", "", "public `key` to certify, base64")
	f.StringVar(&o.devices, "devices", "", "`ids` of the devices that the helper may open")
	f.StringVar(&o.rights, "rights", "", "most `rights` that the helper may have there")
	f.StringVar(&o.minApp, "min-app", "", "oldest `version` of the app that may be used")
	f.StringVar(&o.statement, "statement", "", "`file` with the current statement, for what it revokes")
	f.IntVar(&o.days, "days", 0, "how many `days` it counts")
	f.BoolVar(&o.first, "first", false, "the endpoint has no statement yet")
	f.BoolVar(&o.pem, "pem", false, "as PEM, for anchor.pub in an endpoint's data folder")
	f.Var(&o.revoke, "revoke", "grant key id or serial of a certificate that counts no more")
	if len(args) == 0 {
		f.Usage()
		return flag.ErrHelp
	}
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	if o.file == "" {
		return fmt.Errorf("%w: -file is needed", errUsage)
	}
	do, want := map[string]func(context.Context, options, []string) error{
		"new": newAnchor, "show": show, "statement": statement, "device": device, "helper": helper, "verify": verify,
	}[args[0]], map[string]int{"statement": 1, "verify": 1}[args[0]]
	if do == nil || f.NArg() != want {
		return fmt.Errorf("%w: %q with %d words behind its flags", errUsage, args[0], f.NArg())
	}
	return do(ctx, o, f.Args())
}

func newAnchor(ctx context.Context, o options, _ []string) error {
	p, err := o.ask(ctx, true)
	if err != nil {
		return err
	}
	defer clear(p)
	if _, err := anchor.New(o.file, p); err != nil {
		return err
	}
	return show(ctx, o, nil)
}

func show(_ context.Context, o options, _ []string) error {
	public, err := anchor.Public(o.file)
	if err != nil {
		return err
	}
	if o.pem {
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			return err
		}
		return pem.Encode(o.out, &pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	id := grant.AnchorID(public)
	_, err = fmt.Fprintf(o.out, "anchor  %s\nid      %s\n", base64.StdEncoding.EncodeToString(public), hex.EncodeToString(id[:]))
	return err
}

func (o options) open(ctx context.Context) (ed25519.PrivateKey, error) {
	p, err := o.ask(ctx, false)
	if err != nil {
		return nil, err
	}
	defer clear(p)
	return anchor.Open(o.file, p)
}

// life is the days that were asked for, or a number that is usual.
func (o options) life(usual int) time.Duration {
	if o.days != 0 {
		usual = o.days
	}
	return time.Duration(usual) * 24 * time.Hour
}

func statement(ctx context.Context, o options, args []string) error {
	b, err := readFile(args[0])
	if err != nil {
		return err
	}
	var r anchor.Request
	if err := json.Unmarshal(b, &r); err != nil {
		return fmt.Errorf("%s is no request", args[0])
	}
	key, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer clear(key)
	jws, s, err := anchor.Statement(key, r, anchor.Terms{Life: o.life(90), Revoke: o.revoke, MinApp: o.minApp, First: o.first}, o.now)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.errs, "statement %d for %s: grant key %s counts until %s; %d revoked\n", s.Seq, s.Tenant, r.KID, o.now.Add(o.life(90)).UTC().Format(time.DateOnly), len(s.Revoked))
	_, err = fmt.Fprintln(o.out, jws)
	return err
}

// serial names a certificate, so that it can be revoked.
func serial() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func device(ctx context.Context, o options, _ []string) error {
	return o.certify(ctx, func(key ed25519.PrivateKey, public []byte, serial string) (string, error) {
		return grant.SignDevice(key, grant.DeviceCert{
			Tenant: o.tenant, Device: o.device, Key: public, Serial: serial, NotBefore: o.now.Unix(), NotAfter: o.now.Add(o.life(365)).Unix(),
		})
	})
}

func helper(ctx context.Context, o options, _ []string) error {
	return o.certify(ctx, func(key ed25519.PrivateKey, public []byte, serial string) (string, error) {
		return grant.SignHelper(key, grant.HelperCert{
			Tenant: o.tenant, Helper: o.helper, Key: public, Devices: strings.Split(o.devices, ","), Rights: strings.Split(o.rights, ","),
			Serial: serial, NotBefore: o.now.Unix(), NotAfter: o.now.Add(o.life(30)).Unix(),
		})
	})
}

func (o options) certify(ctx context.Context, sign func(key ed25519.PrivateKey, public []byte, serial string) (string, error)) error {
	public, err := base64.StdEncoding.DecodeString(o.key)
	if err != nil {
		return fmt.Errorf("%w: -key is not base64", errUsage)
	}
	key, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer clear(key)
	s := serial()
	jws, err := sign(key, public, s)
	if err != nil {
		return err
	}
	fmt.Fprintln(o.errs, "serial", s)
	_, err = fmt.Fprintln(o.out, jws)
	return err
}

// verify says what something that was signed says, if it counts. It needs no passphrase.
func verify(_ context.Context, o options, args []string) error {
	public, err := anchor.Public(o.file)
	if err != nil {
		return err
	}
	b, err := readFile(args[0])
	if err != nil {
		return err
	}
	st := grant.Statement{Tenant: o.tenant}
	if o.statement != "" {
		s, err := readFile(o.statement)
		if err != nil {
			return err
		}
		if st, err = grant.VerifyStatement(strings.TrimSpace(string(s)), public, o.tenant, o.now, 0); err != nil {
			return err
		}
	}
	jws := strings.TrimSpace(string(b))
	d, errD := grant.VerifyDevice(jws, public, st, o.tenant, o.now)
	h, errH := grant.VerifyHelper(jws, public, st, o.tenant, o.now)
	s, errS := grant.VerifyStatement(jws, public, o.tenant, o.now, 0)
	i := slices.IndexFunc([]error{errD, errH, errS}, func(err error) bool { return err == nil })
	if i < 0 {
		return errors.Join(errD, errH, errS)
	}
	enc := json.NewEncoder(o.out)
	enc.SetIndent("", "  ")
	return enc.Encode([]any{d, h, s}[i])
}

// readFile reads at most what a request needs.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64<<10))
}
