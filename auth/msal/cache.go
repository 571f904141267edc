package msal

import (
	"context"
	"fmt"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/cache"
)

// accessor gives MSAL a Store.
type accessor struct{ store Store }

// Replace implements cache.ExportReplace.
func (a accessor) Replace(ctx context.Context, to cache.Unmarshaler, _ cache.ReplaceHints) error {
	b, err := a.store.Load(ctx)
	if err != nil || len(b) == 0 {
		return err
	}
	return to.Unmarshal(b)
}

// Export implements cache.ExportReplace.
func (a accessor) Export(ctx context.Context, from cache.Marshaler, _ cache.ExportHints) error {
	b, err := from.Marshal()
	if err != nil {
		return fmt.Errorf("msal: token cache: %w", err)
	}
	return a.store.Save(ctx, b)
}
