package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// page is a tab of the browser of an app.
type page struct {
	Type, Title, URL     string
	WebSocketDebuggerURL string
}

// tab asks the browser with this profile for its tab whose address contains part.
func tab(ctx context.Context, profile, part string) (page, error) {
	b, err := os.ReadFile(filepath.Join(profile, "DevToolsActivePort"))
	if err != nil {
		return page{}, fmt.Errorf("the browser is not open: %w", err)
	}
	port, _, _ := strings.Cut(string(b), "\n")
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+port+"/json", nil)
	if err != nil {
		return page{}, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return page{}, err
	}
	defer resp.Body.Close()
	var pages []page
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&pages); err != nil {
		return page{}, err
	}
	for _, p := range pages {
		if p.Type == "page" && strings.Contains(p.URL, part) {
			return p, nil
		}
	}
	return page{}, fmt.Errorf("the browser shows no page with %q in its address", part)
}

// ask calls one method of the browser's debugging protocol.
func (p page) ask(ctx context.Context, method string, params, result any) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, resp, err := websocket.Dial(ctx, p.WebSocketDebuggerURL, nil)
	if err != nil {
		return fmt.Errorf("browser: %w", err)
	}
	if resp.Body != nil {
		defer resp.Body.Close()
	}
	defer conn.CloseNow() //nolint:errcheck // nothing can be done about it
	conn.SetReadLimit(1 << 20)
	if err := wsjson.Write(ctx, conn, map[string]any{"id": 1, "method": method, "params": params}); err != nil {
		return fmt.Errorf("browser: %w", err)
	}
	for {
		var answer struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := wsjson.Read(ctx, conn, &answer); err != nil {
			return fmt.Errorf("browser: %w", err)
		}
		if answer.ID != 1 {
			continue // an event
		}
		if answer.Error != nil {
			return fmt.Errorf("browser: %s", answer.Error.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(answer.Result, result)
	}
}

// where finds the middle, on the screen, of the button for a user.
const where = `(() => {
  if (document.readyState !== "complete") return null;
  const b = [...document.querySelectorAll("button,input[type=submit],a")].find(b => b.value === USER || b.textContent.includes(USER));
  if (!b) return null;
  b.scrollIntoView({block: "nearest"});
  const r = b.getBoundingClientRect();
  return {X: Math.round(screenX + (outerWidth - innerWidth) / 2 + r.left + r.width / 2),
          Y: Math.round(screenY + (outerHeight - innerHeight) + r.top + r.height / 2)};
})()`

// button is where on the screen the page has the button for the user.
func (p page) button(ctx context.Context, user string) (image.Point, error) {
	quoted, err := json.Marshal(user)
	if err != nil {
		return image.Point{}, err
	}
	var r struct {
		Result struct{ Value *image.Point }
	}
	script := strings.ReplaceAll(where, "USER", string(quoted))
	if err := p.ask(ctx, "Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true}, &r); err != nil {
		return image.Point{}, err
	}
	if r.Result.Value == nil {
		return image.Point{}, fmt.Errorf("the sign-in page has no button for %s", user)
	}
	return *r.Result.Value, nil
}

// close closes the browser, as a person would after signing in.
func (p page) close(ctx context.Context) error {
	return p.ask(ctx, "Browser.close", map[string]any{}, nil)
}
