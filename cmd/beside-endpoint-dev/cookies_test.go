package main

import (
	"context"
	"strings"

	"github.com/chromedp/cdproto/network"
)

// cookiesOf is what the browser would send.
func cookiesOf(ctx context.Context) (string, error) {
	all, err := network.GetCookies().Do(ctx)
	if err != nil {
		return "", err
	}
	var out []string
	for _, c := range all {
		out = append(out, c.Name+"="+c.Value)
	}
	return strings.Join(out, "; "), nil
}
