package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"beside/internal/proc"
)

// ErrEnded says that a program ended before it was ready.
var ErrEnded = errors.New("stage: program ended")

// Endpoint is a running development endpoint and what an app needs to know of it.
type Endpoint struct {
	Process *proc.Process `json:"-"`

	URL       string   `json:"endpoint"`
	Authority string   `json:"authority"`
	CA        string   `json:"ca"` // file
	Tenant    string   `json:"tenant"`
	ClientID  string   `json:"client_id"`
	API       string   `json:"api"`
	SignIn    string   `json:"sign_in"` // origin of the sign-in page
	People    []string `json:"people"`  // names to sign in with
}

// EndpointOptions say how to start one.
type EndpointOptions struct {
	Binary string   // beside-endpoint-dev
	Prefix []string // see proc.Spec
	Data   string   // folder
	Host   string   // where it can be reached; "" for 127.0.0.1
	Port   int      // 0 for one that is free then
	Page   string   // address of the sign-in page, for starting it again in the same place; "" for a free one
	State  string   // of the demo sharer's device: compliant, noncompliant, unenrolled, unknown; "" for compliant
	Relay  string   // address of its STUN and TURN over UDP and TCP; "" for no relay
	Name   string   // for the log; "" for "endpoint"
}

// StartEndpoint starts a development endpoint and waits until it serves. The program says so
// itself, by one line of JSON on standard output.
func StartEndpoint(ctx context.Context, g *proc.Group, o EndpointOptions) (*Endpoint, error) {
	host, name := o.Host, o.Name
	if host == "" {
		host = "127.0.0.1"
	}
	if name == "" {
		name = "endpoint"
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	argv := []string{o.Binary, "-data", o.Data, "-listen", net.JoinHostPort(host, strconv.Itoa(o.Port)), "-json"}
	if o.State != "" {
		argv = append(argv, "-state", o.State)
	}
	if o.Relay != "" {
		argv = append(argv, "-relay", o.Relay)
	}
	if o.Page != "" {
		argv = append(argv, "-page", o.Page)
	}
	ready := make(chan *Endpoint, 1)
	p, err := g.Start(proc.Spec{
		Name: name, Prefix: o.Prefix, Argv: argv,
		Line: func(s string) {
			var e Endpoint
			if json.Unmarshal([]byte(s), &e) == nil && e.URL != "" {
				select {
				case ready <- &e:
				default:
				}
			}
		},
	})
	if err != nil {
		return nil, err
	}
	select {
	case e := <-ready:
		e.Process = p
		return e, nil
	case <-p.Done():
		return nil, fmt.Errorf("%w: %s: %w", ErrEnded, filepath.Base(o.Binary), p.Err())
	case <-time.After(60 * time.Second):
		return nil, fmt.Errorf("stage: %s did not get ready", filepath.Base(o.Binary))
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Flags are the arguments by which an app finds this endpoint.
func (e *Endpoint) Flags() []string {
	return []string{
		"-endpoint", e.URL, "-authority", e.Authority, "-ca", e.CA,
		"-tenant", e.Tenant, "-client-id", e.ClientID, "-api", e.API,
	}
}

// Person returns the demo person whose name to sign in with starts with start, or the
// fallback if the endpoint did not list its people.
func (e *Endpoint) Person(start, fallback string) string {
	i := slices.IndexFunc(e.People, func(p string) bool { return len(p) >= len(start) && p[:len(start)] == start })
	if i < 0 {
		return fallback
	}
	return e.People[i]
}

// Port is where it listens, for starting it again in the same place; 0 if its URL has none.
func (e *Endpoint) Port() int {
	u, err := url.Parse(e.URL)
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		return 0
	}
	return port
}
