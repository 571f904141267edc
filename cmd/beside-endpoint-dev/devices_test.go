package main

import (
	"crypto/tls"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"beside/server/directory/demo"
	"beside/server/servertest"
	"beside/server/store"
	"beside/server/store/sqlite"
)

// An administrator makes a token by clicking, a device with a hostile name enrols with it, and its
// key is revoked again; each page reads well for everybody.
func TestAdminDevices(t *testing.T) {
	dir := t.TempDir()
	p := launch(t, dir)
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "beside.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tn := s.For(demo.Tenant)
	b := openBrowser(t, p.line.Endpoint)
	b.size(1280, 900, false)
	b.signIn("ines.okoro@halden.example") // an operator

	b.run("open", chromedp.Navigate(b.base+"/admin/devices"), chromedp.Click(`.head a.btn`, chromedp.ByQuery), chromedp.WaitVisible(`#owner`, chromedp.ByQuery))
	b.run("mistake", chromedp.SendKeys(`#owner`, "Nobody Here", chromedp.ByQuery), chromedp.Click(`form .primary`, chromedp.ByQuery), chromedp.WaitVisible(`#errors`, chromedp.ByQuery))
	var token string
	b.run("make", chromedp.SetValue(`#owner`, "Paul Adeyemi", chromedp.ByQuery), chromedp.Click(`form .primary`, chromedp.ByQuery),
		chromedp.WaitVisible(`#token`, chromedp.ByQuery), chromedp.Value(`#token`, &token, chromedp.ByQuery))
	open, err := tn.EnrolTokens(t.Context())
	if err != nil || len(open) != 1 || open[0].Owner != demo.Paul || open[0].By != demo.Ines {
		t.Fatalf("%+v %v", open, err)
	}
	b.look("/admin/devices/enrol", "admin-enrol")

	web := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	k, problem := servertest.Enrol(t, web, p.line.Endpoint, p.line.Endpoint, demo.Tenant, token)
	if problem != nil {
		t.Fatalf("the token that was shown: %+v", *problem)
	}
	_, hostileToken, err := tn.NewEnrolToken(t.Context(), store.EnrolToken{Name: hostile, Expires: open[0].Expires})
	if err != nil {
		t.Fatal(err)
	}
	odd, problem := servertest.Enrol(t, web, p.line.Endpoint, p.line.Endpoint, demo.Tenant, hostileToken)
	if problem != nil {
		t.Fatal(*problem)
	}
	pages := map[string]string{
		"admin-device-key": "/admin/devices/" + k.Device(), "admin-device-odd": "/admin/devices/" + odd.Device(),
		"admin-device-revoke": "/admin/devices/" + odd.Device() + "/revoke", "admin-devices-enrolled": "/admin/devices",
		"admin-enrol-known": "/admin/devices/enrol?device=" + demo.DeviceSam,
	}
	for name, path := range pages {
		b.look(path, name)
	}
	b.size(360, 780, true)
	b.run("Dutch", chromedp.Navigate(b.base+"/admin/theme?lang=nl"))
	for name, path := range pages {
		b.look(path, name+"-nl-dark-phone")
	}

	b.run("revoke", chromedp.Navigate(b.base+"/admin/devices/"+k.Device()+"/revoke"), chromedp.Click(`.danger-fill`, chromedp.ByQuery),
		chromedp.WaitVisible(`table.cards`, chromedp.ByQuery))
	if d, err := tn.EnrolledDevice(t.Context(), k.Device()); err != nil || d.Revoked.IsZero() || d.RevokedBy != demo.Ines {
		t.Errorf("%+v %v", d, err)
	}
	if got := status(t, p.line.Endpoint+"/admin/devices/"+k.Device(), http.MethodGet, cookies(b)); got != http.StatusNotFound {
		t.Errorf("a revoked device: %d", got)
	}
	rows, err := tn.Audit(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range rows {
		seen[r.Entry.Action] = true
		if strings.Contains(r.Entry.Detail, token) {
			t.Error("a token stands in the audit log")
		}
	}
	for _, want := range []string{"device.token", "device.enrol", "device.revoke"} {
		if !seen[want] {
			t.Errorf("no audit row %s", want)
		}
	}

	b = openBrowser(t, p.line.Endpoint)
	b.signIn("kit.marsh@halden.example") // an auditor
	jar := cookies(b)
	for _, r := range []struct{ method, path string }{
		{http.MethodGet, "/admin/devices/enrol"},
		{http.MethodPost, "/admin/devices/enrol"},
		{http.MethodPost, "/admin/devices/enrol/x/void"},
		{http.MethodGet, "/admin/devices/" + odd.Device() + "/revoke"},
		{http.MethodPost, "/admin/devices/" + odd.Device() + "/revoke"},
	} {
		if got := status(t, p.line.Endpoint+r.path, r.method, jar); got != http.StatusForbidden {
			t.Errorf("%s %s as an auditor: %d", r.method, r.path, got)
		}
	}
}
