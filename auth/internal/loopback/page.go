package loopback

import (
	"fmt"
	"net/http"
	"strings"
)

// text is what the page says, in one language.
type text struct{ lang, okTitle, failTitle, body string }

var (
	english = text{"en", "You are signed in", "You are not signed in", "You can close this page and go back to Beside."}
	dutch   = text{"nl", "U bent aangemeld", "U bent niet aangemeld", "U kunt deze pagina sluiten en teruggaan naar Beside."}
)

const page = `<!doctype html>
<html lang="%s">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Beside</title>
<style>
body{margin:0;min-height:100vh;display:grid;place-items:center;font:18px/1.5 system-ui,sans-serif;background:Canvas;color:CanvasText}
main{padding:2rem;text-align:center}
h1{font-size:1.6rem;margin:0 0 .5rem}
p{margin:0}
</style>
</head>
<body><main><h1>%s</h1><p>%s</p></main></body>
</html>
`

// writePage shows how the sign-in ended, in the first language the browser asks for if it
// is one of ours. Nothing of the request stands on the page.
func writePage(w http.ResponseWriter, r *http.Request, ok bool) {
	t := english
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(r.Header.Get("Accept-Language"))), "nl") {
		t = dutch
	}
	title := t.failTitle
	if ok {
		title = t.okTitle
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Connection", "close")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	_, _ = fmt.Fprintf(w, page, t.lang, title, t.body)
}
