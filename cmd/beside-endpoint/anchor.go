package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"beside/server/manage"
	"beside/server/node"
	"beside/server/store"
)

// maxStatement bounds the file that is imported.
const maxStatement = 16 << 10

// anchorWords speaks with an anchor that is kept elsewhere.
func anchorWords(ctx context.Context, w io.Writer, dir, tenant string, s *store.Store, words []string) error {
	switch {
	case len(words) == 1 && words[0] == "request":
		r, err := node.AnchorRequest(ctx, dir, tenant, s)
		if err != nil {
			return err
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	case len(words) == 2 && words[0] == "import":
		f, err := os.Open(words[1])
		if err != nil {
			return err
		}
		defer f.Close()
		b, err := io.ReadAll(io.LimitReader(f, maxStatement))
		if err != nil {
			return err
		}
		n, err := node.AnchorImport(ctx, dir, tenant, strings.TrimSpace(string(b)), s)
		if err == nil {
			fmt.Fprintf(w, "statement %d is published\n", n)
		}
		return err
	}
	return fmt.Errorf("%w: anchor request, or anchor import FILE", manage.ErrUsage)
}
