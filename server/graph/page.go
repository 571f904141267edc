package graph

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
)

const (
	maxPages = 2000    // of one list: more is a list that leads nowhere
	maxLink  = 8 << 10 // bytes of a link to the next page
)

// page is a part of a list. A list without values is [], never missing.
type page[T any] struct {
	Value []T    `json:"value"`
	Next  string `json:"@odata.nextLink"`
	Count *int   `json:"@odata.count"`
}

// list asks for all pages of a list of at most most things.
func list[T any](ctx context.Context, c *Client, path string, most int) ([]T, error) {
	var first page[T]
	if err := c.get(ctx, path, &first); err != nil {
		return nil, err
	}
	return rest(ctx, c, first, most)
}

// listFrom is list whose first page was answered in a batch.
func listFrom[T any](ctx context.Context, c *Client, body json.RawMessage, most int) ([]T, error) {
	var first page[T]
	if err := decode(body, &first); err != nil {
		return nil, err
	}
	return rest(ctx, c, first, most)
}

// rest follows the links from the first page.
func rest[T any](ctx context.Context, c *Client, p page[T], most int) ([]T, error) {
	var all []T
	seen := map[string]bool{}
	for {
		switch {
		case p.Value == nil:
			return nil, nonsense("a page has no list")
		case len(all)+len(p.Value) > most:
			return nil, nonsense("a list is too long")
		}
		all = append(all, p.Value...)
		if p.Next == "" {
			return all, nil
		}
		if err := c.checkLink(p.Next, seen); err != nil {
			return nil, err
		}
		next := p.Next
		p = page[T]{}
		if err := c.getURL(ctx, next, &p); err != nil {
			return nil, err
		}
	}
}

// checkLink lets only new links to this service pass: the token goes with the question.
func (c *Client) checkLink(link string, seen map[string]bool) error {
	u, err := url.Parse(link)
	switch {
	case len(link) > maxLink || err != nil:
		return nonsense("a link to a next page cannot be read")
	case strings.ToLower(u.Scheme+"://"+u.Host) != c.base || u.User != nil || !strings.HasPrefix(u.Path, version+"/") || strings.Contains(u.Path, "/.."):
		return nonsense("a link to a next page leads elsewhere")
	case seen[link]:
		return nonsense("a list goes in a circle")
	case len(seen) >= maxPages:
		return nonsense("a list has too many pages")
	}
	seen[link] = true
	return nil
}
