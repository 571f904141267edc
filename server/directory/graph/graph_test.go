package graph_test

import (
	"os"
	"path/filepath"
	"testing"

	"beside/auth/devidp/graphtest"
	"beside/server/directory/demo"
	"beside/server/directory/directorytest"
	dir "beside/server/directory/graph"
	"beside/server/graph"
)

const client = "22222222-2222-4222-8222-222222222222"

// open is a directory of a server with the contract's data, and what it answers from.
func open(t *testing.T, o graphtest.Options) (*graphtest.Server, *dir.Directory) {
	t.Helper()
	if o.Data.Tenant == "" {
		o.Data = directorytest.Graph(directorytest.Data().Tenants[0])
	}
	o.ClientID, o.Secret = client, "hunter2"
	s := graphtest.New(o)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	tokens, err := graph.NewTokens(graph.Credentials{
		Authority: graphtest.Base, Tenant: o.Data.Tenant, ClientID: client, Resource: graphtest.Base, Secret: secret, HTTP: s.Client(),
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := graph.New(graph.Options{Base: graphtest.Base, Tokens: tokens, HTTP: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return s, dir.New(dir.Options{Client: c, Tenant: demo.Tenant})
}

func TestContract(t *testing.T) {
	for name, o := range map[string]graphtest.Options{"pages": {}, "tiny pages": {PageSize: 1}} {
		t.Run(name, func(t *testing.T) {
			_, d := open(t, o)
			directorytest.Run(t, d)
		})
	}
}
