package devidptest

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

var (
	inputRe  = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
	actionRe = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
)

// Open answers the function to give to a sign-in in place of opening the browser: it
// picks the person with that sign-in name on the page; "" presses Cancel. It returns when
// the answer has been delivered to the app.
func Open(ctx context.Context, client *http.Client, username string) func(string) error {
	return func(address string) error {
		fields, action, err := page(ctx, client, http.MethodGet, address, nil)
		if err != nil {
			return fmt.Errorf("sign-in page: %w", err)
		}
		fields.Set("user", username)
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		u, err = u.Parse(action)
		if err != nil {
			return err
		}
		fields, back, err := page(ctx, client, http.MethodPost, u.String(), fields)
		if err != nil {
			return fmt.Errorf("chosen: %w", err)
		}
		_, _, err = page(ctx, client, http.MethodPost, back, fields)
		if errors.Is(err, errNoForm) {
			return nil // the app's own page has none
		}
		return err
	}
}

// EnterCode types a device code on the page and picks a person; "" presses Cancel.
func EnterCode(ctx context.Context, client *http.Client, address, code, username string) error {
	_, _, err := page(ctx, client, http.MethodPost, address, url.Values{"user_code": {code}, "user": {username}})
	if errors.Is(err, errNoForm) {
		return nil
	}
	return err
}

var errNoForm = errors.New("no form on the page")

// page gets or posts, and reads the form that came back.
func page(ctx context.Context, client *http.Client, method, address string, form url.Values) (url.Values, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, "", err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, "", err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("status %d", resp.StatusCode)
	}
	m := actionRe.FindSubmatch(b)
	if m == nil {
		return nil, "", errNoForm
	}
	fields := url.Values{}
	for _, f := range inputRe.FindAllSubmatch(b, -1) {
		fields.Set(html.UnescapeString(string(f[1])), html.UnescapeString(string(f[2])))
	}
	return fields, html.UnescapeString(string(m[1])), nil
}
