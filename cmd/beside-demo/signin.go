package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
)

// errPage says that a page was not the development sign-in page or its answer.
var errPage = errors.New("not the page that was expected")

// signInCommand plays a person in a browser before the development sign-in page: it opens the
// address, presses the button of the user, and follows the page that posts the answer back.
func signInCommand(ctx context.Context, args []string) error {
	fs := flag.NewFlagSet("beside-demo sign-in", flag.ContinueOnError)
	user := fs.String("user", "", "name of the demo person to sign in as")
	ca := fs.String("ca", "", "file with the certificate to trust besides the system's")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() != 1 || *user == "" {
		return errors.New("sign-in: need -user and one address")
	}
	client, err := browserClient(*ca)
	if err != nil {
		return err
	}
	return signIn(ctx, client, *user, fs.Arg(0))
}

func browserClient(ca string) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: no certificate in it", ca)
		}
	}
	return &http.Client{
		Jar: jar, Timeout: 30 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
	}, nil
}

// signIn signs in at address with client as user.
func signIn(ctx context.Context, client *http.Client, user, address string) error {
	page, at, err := fetch(ctx, client, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("sign-in page: %w", err)
	}
	f, ok := findForm(page, user)
	if !ok {
		return fmt.Errorf("sign-in page: %w: no button for %s", errPage, user)
	}
	page, at, err = f.submit(ctx, client, at)
	if err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	f, ok = findForm(page, "")
	if !ok {
		return fmt.Errorf("answer to sign-in: %w", errPage)
	}
	if _, _, err = f.submit(ctx, client, at); err != nil {
		return fmt.Errorf("handing the answer to the app: %w", err)
	}
	return nil
}

// form is an HTML form, filled in.
type form struct {
	action string
	fields url.Values
}

var (
	formTag   = regexp.MustCompile(`(?is)<form\b([^>]*)>(.*?)</form>`)
	inputTag  = regexp.MustCompile(`(?is)<input\b([^>]*)>`)
	buttonTag = regexp.MustCompile(`(?is)<button\b([^>]*)>`)
	attribute = regexp.MustCompile(`(?is)([a-z_-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))`)
)

// findForm returns the first form that has a button whose value is press; with press "" the first form.
func findForm(page, press string) (form, bool) {
	for _, m := range formTag.FindAllStringSubmatch(page, -1) {
		f := form{action: attributes(m[1])["action"], fields: url.Values{}}
		for _, in := range inputTag.FindAllStringSubmatch(m[2], -1) {
			if a := attributes(in[1]); a["name"] != "" && !strings.EqualFold(a["type"], "submit") {
				f.fields.Set(a["name"], a["value"])
			}
		}
		if press == "" {
			return f, true
		}
		for _, b := range append(buttonTag.FindAllStringSubmatch(m[2], -1), inputTag.FindAllStringSubmatch(m[2], -1)...) {
			if a := attributes(b[1]); strings.EqualFold(a["value"], press) {
				if a["name"] != "" {
					f.fields.Set(a["name"], a["value"])
				}
				return f, true
			}
		}
	}
	return form{}, false
}

// attributes reads the attributes of a tag, names in lower case.
func attributes(tag string) map[string]string {
	all := map[string]string{}
	for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
		all[strings.ToLower(m[1])] = html.UnescapeString(m[2] + m[3] + m[4])
	}
	return all
}

// submit posts the form found on the page at the address.
func (f form) submit(ctx context.Context, client *http.Client, at *url.URL) (string, *url.URL, error) {
	to, err := at.Parse(f.action)
	if err != nil {
		return "", nil, err
	}
	if f.action == "" {
		to = at
	}
	return fetch(ctx, client, http.MethodPost, to.String(), f.fields)
}

func fetch(ctx context.Context, client *http.Client, method, address string, fields url.Values) (string, *url.URL, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(fields.Encode()))
	if err != nil {
		return "", nil, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", nil, err
	}
	if resp.StatusCode >= 400 {
		return "", nil, fmt.Errorf("%w: %s", errPage, resp.Status)
	}
	return string(b), resp.Request.URL, nil
}
