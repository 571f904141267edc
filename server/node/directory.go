package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"beside/auth"
	"beside/server/directory"
	"beside/server/directory/file"
	"beside/server/directory/own"
	"beside/server/scim"
)

// OwnDirectory is the directory in the database, which SCIM and the claims of tokens fill.
type OwnDirectory struct {
	Company, Domain string // of the organisation, for cards

	// Claims makes and refreshes people from the tokens that they sign in with.
	Claims bool
	// Object is what tokens name a person by whom SCIM's externalId names; nil: a GUID names itself,
	// and nobody is named by anything else.
	Object func(externalID string) string
}

// source is a directory that watches where it has its answers from.
type source interface {
	directory.Browser
	Revision() uint64
	run(ctx context.Context, log *slog.Logger) error
}

type fileSource struct{ *file.Directory }

func (s fileSource) run(ctx context.Context, log *slog.Logger) error {
	return s.Run(ctx, func(err error) {
		if err != nil {
			log.Error("the directory file cannot be used; everything is refused until it can", "err", err)
			return
		}
		log.Info("the directory file was read again")
	})
}

type ownSource struct{ *own.Directory }

func (s ownSource) run(ctx context.Context, log *slog.Logger) error {
	return s.Run(ctx, func(err error) { log.Error("changes of the directory cannot be seen", "err", err) })
}

// openDirectory opens the directory file or the own directory. Without a file it makes one that
// knows nobody.
func (n *Node) openDirectory() (source, error) {
	if o := n.c.Own; o != nil {
		return ownSource{own.New(own.Options{Store: n.Store, Company: o.Company, Domain: o.Domain})}, nil
	}
	path := filepath.Join(n.c.Dir, DirectoryFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		n.c.Log.Warn("the directory file knows nobody yet", "file", path)
		if err := file.Write(path, file.Data{Tenants: []file.Tenant{{ID: n.c.Tenant}}}); err != nil {
			return nil, err
		}
	}
	d, err := file.Open(path)
	if err != nil {
		return nil, err
	}
	return fileSource{d}, nil
}

// Member says whether the directory knows an account as a member, for tokens that do not
// say whether it is a guest.
func (n *Node) Member(ctx context.Context, tenant, object string) (bool, error) {
	p, err := n.dir.Person(ctx, tenant, object)
	if errors.Is(err, directory.ErrUnknown) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("member: %w", err)
	}
	return p.Member, nil
}

// reading has the directory read the tokens that a verifier finds good, if that is how it is filled.
func (n *Node) reading(v auth.Verifier) auth.Verifier {
	if n.c.Own == nil || !n.c.Own.Claims {
		return v
	}
	return &own.Claims{Verifier: v, Store: n.Store}
}

// scim is the service that fills the own directory, nil without one.
func (n *Node) scim() http.Handler {
	if n.c.Own == nil {
		return nil
	}
	object := n.c.Own.Object
	if object == nil {
		object = guidObject
	}
	return scim.New(scim.Options{Store: n.Store, Object: object, Base: n.Origin + scim.Path, Log: n.c.Log})
}

// guidObject takes a GUID for the object id of an account, as Entra's provisioning can be told to
// send it.
func guidObject(externalID string) string {
	if id := strings.ToLower(externalID); auth.IsGUID(id) {
		return id
	}
	return ""
}
