package main

import (
	"flag"
	"fmt"
	"strings"

	dir "beside/server/directory/graph"
	"beside/server/graph"
	"beside/server/manage"
	"beside/server/node"
)

// publicGraph is the service that belongs to publicCloud.
const publicGraph = "https://graph.microsoft.com"

// directoryFlags say where people, groups and devices are looked up.
type directoryFlags struct {
	kind, url, cert, key, secret string
	company, domain              string // of the own directory
}

func (d *directoryFlags) add(fs *flag.FlagSet) {
	fs.StringVar(&d.kind, "directory", "file", "where people, groups and devices are: `file` (directory.json in the data folder), graph (Microsoft Graph), "+
		"scim (the database, which an identity provider fills) or claims (the database, which the tokens of -issuer fill, too)")
	fs.StringVar(&d.company, "company", "", "with -directory scim or claims: `name` of the organisation on people's cards")
	fs.StringVar(&d.domain, "domain", "", "with -directory scim or claims: the organisation's verified `domain` on people's cards")
	fs.StringVar(&d.url, "graph-url", "", "Microsoft Graph of a national cloud; that of the public cloud if empty and -authority is the public cloud's")
	fs.StringVar(&d.cert, "graph-cert", "", "certificate `file` (PEM) that the policy API proves itself with to Microsoft Graph")
	fs.StringVar(&d.key, "graph-key", "", "`file` with the certificate's RSA key (PEM), readable by its owner only")
	fs.StringVar(&d.secret, "graph-secret-file", "", "`file` with a client secret instead of a certificate, readable by its owner only")
}

// chooseDirectory tells the node which directory was asked for.
func (o *options) chooseDirectory(p provider) (err error) {
	d := o.directory
	switch d.kind {
	case "scim", "claims":
		if d != (directoryFlags{kind: d.kind, company: d.company, domain: d.domain}) {
			return fmt.Errorf("%w: the -graph flags need -directory graph", manage.ErrUsage)
		}
		if d.kind == "claims" && o.signIn.issuer == "" {
			return fmt.Errorf("%w: -directory claims needs -issuer", manage.ErrUsage)
		}
		o.Own = &node.Own{Company: d.company, Domain: d.domain, Claims: d.kind == "claims", Object: p.object}
		return nil
	case "graph":
		if o.signIn.issuer != "" {
			return fmt.Errorf("%w: -directory graph is for Microsoft Entra ID, not for -issuer", manage.ErrUsage)
		}
	}
	authority := strings.ToLower(strings.TrimSuffix(o.authority, "/"))
	o.Directory, err = d.open(o.Tenant, strings.TrimPrefix(p.api, "api://"), authority)
	return err
}

// open is the directory that was asked for, nil for the node's own. It asks nothing yet.
func (d *directoryFlags) open(tenant, clientID, authority string) (node.Directory, error) {
	switch {
	case d.kind == "file" && *d == directoryFlags{kind: "file"}:
		return nil, nil //nolint:nilnil // the node has one itself
	case d.kind == "file":
		return nil, fmt.Errorf("%w: the -graph flags need -directory graph", manage.ErrUsage)
	case d.kind != "graph":
		return nil, fmt.Errorf("%w: -directory must be file, graph, scim or claims", manage.ErrUsage)
	}
	url := strings.ToLower(strings.TrimSuffix(d.url, "/"))
	if url == "" && authority == publicCloud {
		url = publicGraph
	}
	if url == "" {
		return nil, fmt.Errorf("%w: -graph-url is needed: with another -authority the service is another one too", manage.ErrUsage)
	}
	if err := publicOrigin("-graph-url", url); err != nil {
		return nil, err
	}
	tokens, err := graph.NewTokens(graph.Credentials{
		Authority: authority, Tenant: tenant, ClientID: clientID, Resource: url, Certificate: d.cert, Key: d.key, Secret: d.secret,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: -directory graph: %w", manage.ErrUsage, err)
	}
	c, err := graph.New(graph.Options{Base: url, Tokens: tokens})
	if err != nil {
		return nil, fmt.Errorf("%w: -directory graph: %w", manage.ErrUsage, err)
	}
	return dir.New(dir.Options{Client: c, Tenant: tenant}), nil
}
