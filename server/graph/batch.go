package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// batchSize is how many questions the service takes at once.
const batchSize = 20

// answer is one of a batch.
type answer struct {
	body json.RawMessage
	err  error // of this question alone
}

type (
	batchCall struct {
		ID     string            `json:"id"`
		Method string            `json:"method"`
		URL    string            `json:"url"`
		Header map[string]string `json:"headers,omitempty"`
	}
	batchIn struct {
		Requests []batchCall `json:"requests"`
	}
	batchOut struct {
		Responses []struct {
			ID     string            `json:"id"`
			Status int               `json:"status"`
			Header map[string]string `json:"headers"`
			Body   json.RawMessage   `json:"body"`
		} `json:"responses"`
	}
)

// batch asks for many paths below the version, in parts of batchSize. The answers are in the
// order of the paths. Those that the service was too busy for are asked again.
func (c *Client) batch(ctx context.Context, paths []string) ([]answer, error) {
	out := make([]answer, len(paths))
	open := make([]int, len(paths)) // indexes that have no answer yet
	for i := range paths {
		open[i] = i
	}
	for try := 1; len(open) > 0; try++ {
		var busy []int
		for part := open; len(part) > 0; {
			n := min(len(part), batchSize)
			again, err := c.part(ctx, paths, part[:n], out)
			if err != nil {
				return nil, err
			}
			busy, part = append(busy, again...), part[n:]
		}
		if try == tries {
			break // their errors stand in out
		}
		if open = busy; len(open) > 0 {
			if err := sleep(ctx, backoff(try)); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// part asks one batch and says which of its questions must be asked again.
func (c *Client) part(ctx context.Context, paths []string, idx []int, out []answer) (again []int, err error) {
	in := batchIn{}
	for _, i := range idx {
		call := batchCall{ID: strconv.Itoa(i), Method: http.MethodGet, URL: paths[i]}
		if isEventual(call.URL) {
			call.Header = map[string]string{"ConsistencyLevel": "eventual"}
		}
		in.Requests = append(in.Requests, call)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	b, err := c.do(ctx, request{method: http.MethodPost, url: c.base + version + "/$batch", body: body, limit: maxAnswer})
	if err != nil {
		return nil, err
	}
	var got batchOut
	if err := decode(b, &got); err != nil {
		return nil, err
	}
	missing := map[string]int{}
	for _, i := range idx {
		missing[strconv.Itoa(i)] = i
	}
	for _, r := range got.Responses {
		i, ok := missing[r.ID]
		if !ok {
			return nil, nonsense("a batch answers what was not asked, or twice")
		}
		delete(missing, r.ID)
		out[i] = answer{body: r.Body}
		if r.Status == http.StatusOK {
			continue
		}
		out[i] = answer{err: refused(r.Status, r.Body)}
		if retryable(out[i].err) {
			c.gate.hold(retryAfter(header(r.Header, "Retry-After"), time.Now()))
			again = append(again, i)
		}
	}
	if len(missing) > 0 {
		return nil, nonsense("a batch leaves questions without an answer")
	}
	return again, nil
}

// header finds a field whatever the case of its name.
func header(h map[string]string, name string) string {
	for k, v := range h {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}
