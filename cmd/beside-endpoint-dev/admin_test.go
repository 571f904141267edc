package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"beside/policy"
	"beside/server/directory/demo"
	"beside/server/store"
	"beside/server/store/sqlite"
)

// history fills the store with a month of sessions, one of them running, some with hostile names.
func history(t *testing.T, dir string) (running string) {
	t.Helper()
	now := time.Now()
	at := now
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "beside.db"), func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tn := s.For(demo.Tenant)
	names := []string{"Sam Rivers", "Ines Okoro", hostile, "ليلى مثال", "Otto Mustermann-Kranich von und zu Beispielhausen", "evil\u202Egnp.exe"}
	for i := range 90 {
		at = now.Add(-time.Duration(i*i) * 5 * time.Minute)
		if i == 0 {
			at = now.Add(-3 * time.Minute)
		}
		id := store.NewID()
		if _, err := tn.NewCode(t.Context(), store.Code{Session: id, Locator: fmt.Sprintf("L%03d", i), Helper: demo.Noa, HelperName: "Noa Winters", Expires: at.Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
		row := store.Session{
			ID: id, State: "met", Sharer: demo.Sam, SharerName: names[i%len(names)], Device: demo.DeviceSam, DeviceName: "HLD-LT-0427", DeviceOS: "Debian 12",
			DeviceState: policy.StateCompliant, Granted: policy.View | policy.Control, Used: policy.View, Started: at.Add(10 * time.Second),
		}
		if i%3 == 0 {
			row.Used |= policy.Control
		}
		if i%4 == 2 {
			row.Device, row.DeviceName, row.DeviceState = "", hostile, policy.StateNotEnrolled
		}
		if err := tn.SaveSession(t.Context(), row); err != nil {
			t.Fatal(err)
		}
		for _, a := range []string{"joined", "granted", "consent.given", "started"} {
			if _, err := tn.Append(t.Context(), store.Entry{Actor: demo.Noa, Action: a, Target: demo.Sam, Session: id, Outcome: "ok", Rights: []string{"view"}}); err != nil {
				t.Fatal(err)
			}
		}
		if i == 0 {
			running = id
			continue
		}
		at = at.Add(time.Duration(i%20+1) * time.Minute)
		if err := tn.EndSession(t.Context(), id, []string{"stopped", "lost", "declined"}[i%3]); err != nil {
			t.Fatal(err)
		}
	}
	return running
}

const hostile = `"><img src=x onerror=alert(1)>`

// browser is a real Chromium that collects what its pages complain about.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base string
	axe  string
	bad  []string
	dir  string // for pictures, "" for none
}

func openBrowser(t *testing.T, base string) *browser {
	t.Helper()
	exe := ""
	for _, n := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(n); err == nil {
			exe = p
			break
		}
	}
	if exe == "" {
		t.Fatal("no Chromium here: run make deps")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(exe), chromedp.NoSandbox,
		chromedp.Flag("ignore-certificate-errors", true))
	alloc, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx); cancel() }) // waits for the browser to be gone
	if err := chromedp.Run(ctx); err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, ctx: ctx, base: base, dir: os.Getenv("BESIDE_PICTURES")}
	axe, err := os.ReadFile("testdata/axe.min.js") // axe-core 4.11.0, MPL-2.0, as its makers publish it
	if err != nil {
		t.Fatal(err)
	}
	b.axe = string(axe)
	chromedp.ListenTarget(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *log.EventEntryAdded:
			if ev.Entry.Source == log.SourceSecurity || ev.Entry.Level == log.LevelError && !strings.Contains(ev.Entry.Text, "status of 4") {
				b.bad = append(b.bad, ev.Entry.Text+" "+ev.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			b.bad = append(b.bad, ev.ExceptionDetails.Error())
		case *page.EventJavascriptDialogOpening:
			if ev.Type != page.DialogTypeBeforeunload { // the guard before unsaved changes are lost
				b.bad = append(b.bad, "a dialog: "+ev.Message)
			}
			go func() { _ = chromedp.Run(ctx, page.HandleJavaScriptDialog(true)) }()
		}
	})
	return b
}

func (b *browser) run(what string, actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		var at, text string
		after, done := context.WithTimeout(b.ctx, 5*time.Second)
		defer done()
		_ = chromedp.Run(after, chromedp.Location(&at), chromedp.Text("body", &text, chromedp.ByQuery))
		b.t.Fatalf("%s: %v, at %s: %.400s; %v", what, err, at, text, b.bad)
	}
}

// signIn goes through the development provider's real page.
func (b *browser) signIn(username string) {
	b.t.Helper()
	b.run("sign in as "+username,
		chromedp.Navigate(b.base+"/admin/"),
		chromedp.Click(`a.btn.primary`, chromedp.ByQuery),
		chromedp.Click(`button[value="`+username+`"]`, chromedp.ByQuery),
		chromedp.WaitVisible(`#main h1`, chromedp.ByQuery))
}

func (b *browser) size(w, h int64, dark bool) {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.run("size", emulation.SetDeviceMetricsOverride(w, h, 1, false),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
}

const axeRun = `axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa"]}).then(r =>
	r.violations.filter(v => v.impact === "serious" || v.impact === "critical").map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + n.failureSummary.slice(0, 160)).join(" | ")))`

// look visits a page and checks that it reads well for everybody.
func (b *browser) look(path, picture string) {
	b.t.Helper()
	var wide int64
	var lang string
	var alive bool
	b.run("look at "+path,
		chromedp.Navigate(b.base+path), chromedp.WaitVisible(`main`, chromedp.ByQuery),
		chromedp.Evaluate(`document.documentElement.lang`, &lang),
		chromedp.Evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &wide),
		chromedp.Evaluate(`document.querySelector("img[src=x]") !== null`, &alive))
	faults := b.check(path)
	b.picture(picture)
	if wide > 0 {
		b.t.Errorf("%s: %d px wider than the window", path, wide)
	}
	if alive {
		b.t.Errorf("%s: hostile text became an element", path)
	}
	for _, f := range faults {
		b.t.Errorf("%s (%s): %s", path, lang, f)
	}
	for _, f := range b.bad {
		b.t.Errorf("%s: the browser complains: %s", path, f)
	}
	b.bad = nil
}

// check asks axe what is wrong with the page that is shown.
func (b *browser) check(what string) (faults []string) {
	b.t.Helper()
	// The checker is not the site's: it is put in past the policy, by the browser itself.
	b.run("check "+what,
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, ex, err := runtime.Evaluate(b.axe).Do(ctx)
			if ex != nil {
				return ex
			}
			return err
		}),
		chromedp.Evaluate(axeRun, &faults, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return faults
}

// picture takes one for the documents, if it has a name and pictures are wanted.
func (b *browser) picture(name string) {
	b.t.Helper()
	if name == "" || b.dir == "" {
		return
	}
	var png []byte
	b.run("picture", chromedp.FullScreenshot(&png, 100))
	if err := os.WriteFile(filepath.Join(b.dir, name+".png"), png, 0o644); err != nil {
		b.t.Error(err)
	}
}

// Every page of the admin site in a real browser: light and dark, wide and narrow, English and
// Dutch, with hostile names; nothing serious for accessibility, nothing against the policy.
func TestAdminSiteInBrowser(t *testing.T) {
	dir := t.TempDir()
	p := launch(t, dir)
	id := history(t, dir)
	b := openBrowser(t, p.line.Endpoint)
	b.size(1280, 900, false)
	b.look("/admin/sign-in", "admin-sign-in")
	b.signIn("noa.winters@halden.example")
	pages := map[string]string{
		"admin-monitor": "/admin/monitor", "admin-sessions": "/admin/sessions?period=30d", "admin-session": "/admin/sessions/" + id,
		"admin-session-end": "/admin/sessions/" + id + "/end", "admin-audit": "/admin/audit", "admin-settings": "/admin/settings",
		"admin-roles": "/admin/roles", "admin-role": "/admin/roles/view-only", "admin-role-builtin": "/admin/roles/help-desk-operator",
		"admin-assignments": "/admin/assignments", "admin-wizard-1": "/admin/assignments/new/basics",
		"admin-wizard-2":  "/admin/assignments/new/groups?name=Desk&role=view-only&a=" + demo.GroupDesk + "&gq=desk",
		"admin-wizard-3":  "/admin/assignments/new/scope?name=Desk&role=view-only&a=" + demo.GroupDesk + "&u=groups&ug=" + demo.GroupPayroll + "&d=groups&dg=" + demo.GroupLaptops,
		"admin-wizard-4":  "/admin/assignments/desk-staff/review",
		"admin-people":    "/admin/people",
		"admin-person":    "/admin/people/" + demo.Sam,
		"admin-groups":    "/admin/groups",
		"admin-devices":   "/admin/devices",
		"admin-device":    "/admin/devices/" + demo.DeviceInes,
		"admin-what-if":   "/admin/what-if?h=" + demo.Noa + "&s=" + demo.Sam + "&d=" + demo.DeviceSam,
		"admin-what-not":  "/admin/what-if?h=" + demo.Kit + "&s=" + demo.Ruth + "&d=" + demo.DeviceRuth,
		"admin-what-ask":  "/admin/what-if?h=service&s=" + demo.Sam,
		"admin-health":    "/admin/health",
		"admin-not-found": "/admin/nowhere",
	}
	for name, path := range pages {
		b.look(path, name)
	}
	var facts string
	b.run("last seen", chromedp.Navigate(b.base+pages["admin-device"]), chromedp.Text(`dl.facts`, &facts, chromedp.ByQuery))
	if !strings.Contains(facts, "Last seen by management") || !strings.Contains(facts, "20 Nov") {
		t.Errorf("the device says %q", facts)
	}
	b.size(360, 780, true)
	b.run("Dutch", chromedp.Navigate(b.base+"/admin/theme?lang=nl"))
	for name, path := range pages {
		b.look(path, name+"-nl-dark-phone")
	}
}

// An administrator's work by clicking: settings with the save bar, a role, an assignment, ending a session.
func TestAdminTasks(t *testing.T) {
	dir := t.TempDir()
	p := launch(t, dir)
	id := history(t, dir)
	b := openBrowser(t, p.line.Endpoint)
	b.size(1280, 900, false)
	b.signIn("noa.winters@halden.example")

	var hidden bool
	b.run("settings", chromedp.Navigate(b.base+"/admin/settings"),
		chromedp.Evaluate(`document.querySelector(".savebar").hidden`, &hidden))
	if !hidden {
		t.Error("the save bar shows before anything changed")
	}
	b.run("save", chromedp.Click(`#nochat`, chromedp.ByQuery), chromedp.WaitVisible(`.savebar`, chromedp.ByQuery),
		chromedp.Click(`.savebar .primary`, chromedp.ByQuery), chromedp.WaitVisible(`.note.ok`, chromedp.ByQuery))
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "beside.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tn := s.For(demo.Tenant)
	if have, err := tn.Settings(t.Context()); err != nil || !have.DisableChat || !have.Enabled {
		t.Errorf("settings %+v, %v", have, err)
	}

	// Two windows: the second save does not overwrite the first silently.
	b.run("stale", chromedp.Navigate(b.base+"/admin/settings"))
	have, err := tn.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	have.AllowUnenrolled = true
	if err := tn.PutSettings(t.Context(), "other", have); err != nil {
		t.Fatal(err)
	}
	b.run("save stale", chromedp.Click(`#nochat`, chromedp.ByQuery), chromedp.Click(`.savebar .primary`, chromedp.ByQuery), chromedp.WaitVisible(`.note.warn`, chromedp.ByQuery))
	if now, _ := tn.Settings(t.Context()); !now.DisableChat || !now.AllowUnenrolled {
		t.Errorf("a stale form overwrote: %+v", now)
	}
	var told string // the second sees who was first and what differs, and saves again knowing it
	b.run("told", chromedp.Text(`.note.warn dl`, &told, chromedp.ByQuery))
	if !strings.Contains(told, "Allow unenrolled devices") || !strings.Contains(told, "Disable chat") || strings.Contains(told, "unattended") {
		t.Errorf("told %q", told)
	}
	for _, f := range b.check("conflict") {
		t.Errorf("conflict: %s", f)
	}
	b.picture("admin-conflict")
	b.run("save again", chromedp.Click(`.savebar .primary`, chromedp.ByQuery), chromedp.WaitVisible(`.note.ok`, chromedp.ByQuery))
	if now, _ := tn.Settings(t.Context()); now.DisableChat || now.AllowUnenrolled {
		t.Errorf("saved knowingly: %+v", now)
	}

	// A role: ticking elevation ticks what it needs.
	b.run("role", chromedp.Navigate(b.base+"/admin/roles/new"),
		chromedp.SendKeys(`#name`, "Field desk", chromedp.ByQuery), chromedp.Click(`#elevation`, chromedp.ByQuery))
	var control bool
	b.run("implied", chromedp.Evaluate(`document.getElementById("control").checked`, &control))
	if !control {
		t.Error("elevation does not tick control")
	}
	b.run("save role", chromedp.Click(`.savebar .primary`, chromedp.ByQuery), chromedp.WaitVisible(`table`, chromedp.ByQuery))
	roles, err := tn.Roles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var made policy.Role
	for _, r := range roles {
		if r.Name == "Field desk" {
			made = r
		}
	}
	if p := made.Permissions; !p.Elevation || !p.Control || !p.View || p.Unattended || !p.Offer {
		t.Errorf("role %+v", made)
	}

	// The wizard, with a mistake on the way.
	b.run("basics", chromedp.Navigate(b.base+"/admin/assignments/new/basics"),
		chromedp.SendKeys(`#name`, "Desk helps payroll", chromedp.ByQuery), chromedp.SetValue(`#role`, made.ID, chromedp.ByQuery),
		chromedp.Click(`.wfoot .primary`, chromedp.ByQuery), chromedp.WaitVisible(`#gq`, chromedp.ByQuery))
	b.run("no group", chromedp.Click(`.wfoot .primary`, chromedp.ByQuery), chromedp.WaitVisible(`#errors`, chromedp.ByQuery))
	b.run("group", chromedp.Click(`button[value="`+demo.GroupDesk+`"]`, chromedp.ByQuery), chromedp.WaitVisible(`button[name="del-a"]`, chromedp.ByQuery),
		chromedp.Click(`.wfoot .primary`, chromedp.ByQuery), chromedp.WaitVisible(`#u2`, chromedp.ByQuery))
	b.run("scope", chromedp.Click(`#u2`, chromedp.ByQuery), chromedp.Click(`#d0`, chromedp.ByQuery),
		chromedp.Click(`button[name="add-ug"][value="`+demo.GroupPayroll+`"]`, chromedp.ByQuery), chromedp.WaitVisible(`button[name="del-ug"]`, chromedp.ByQuery),
		chromedp.Click(`.wfoot .primary`, chromedp.ByQuery), chromedp.WaitVisible(`dl.facts`, chromedp.ByQuery))
	b.run("create", chromedp.Click(`.wfoot .primary`, chromedp.ByQuery), chromedp.WaitVisible(`table.cards`, chromedp.ByQuery))
	as, err := tn.Assignments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, a := range as {
		if a.Name == "Desk helps payroll" {
			found = a.Role.ID == made.ID && len(a.AdminGroups) == 1 && a.AdminGroups[0] == demo.GroupDesk &&
				len(a.UserScope.Groups) == 1 && a.UserScope.Groups[0] == demo.GroupPayroll && !a.DeviceScope.Named()
		}
	}
	if !found {
		t.Errorf("assignments %+v", as)
	}
	// A role that is used cannot be deleted.
	b.run("delete role", chromedp.Navigate(b.base+"/admin/roles/"+made.ID+"/delete"), chromedp.WaitVisible(`.list`, chromedp.ByQuery))

	// End a session; the monitor follows by itself.
	b.run("monitor", chromedp.Navigate(b.base+"/admin/monitor"), chromedp.WaitVisible(`a.btn.danger`, chromedp.ByQuery))
	if err := tn.EndSession(t.Context(), id, "stopped"); err != nil {
		t.Fatal(err)
	}
	b.run("live", chromedp.WaitNotPresent(`a.btn.danger`, chromedp.ByQuery))
	if _, err := tn.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
	for _, f := range b.bad {
		t.Errorf("the browser complains: %s", f)
	}
}

// What a role may not do is refused by the server, whatever the page shows, and nobody without a
// role gets in.
func TestAdminRoles(t *testing.T) {
	p := launch(t, t.TempDir())
	for user, c := range map[string]struct {
		settings, roleEdit, monitor int
	}{
		"noa.winters@halden.example":  {200, 200, 200},
		"ines.okoro@halden.example":   {403, 403, 200},
		"kit.marsh@halden.example":    {403, 403, 200},
		"paul.adeyemi@halden.example": {303, 303, 303},
	} {
		t.Run(user, func(t *testing.T) {
			b := openBrowser(t, p.line.Endpoint)
			b.run("sign in", chromedp.Navigate(b.base+"/admin/"), chromedp.Click(`a.btn.primary`, chromedp.ByQuery),
				chromedp.Click(`button[value="`+user+`"]`, chromedp.ByQuery), chromedp.WaitVisible(`#main h1, .note.bad`, chromedp.ByQuery))
			jar := cookies(b)
			for path, want := range map[string]int{"/admin/settings": c.settings, "/admin/roles/new": c.roleEdit, "/admin/monitor": c.monitor} {
				if got := status(t, p.line.Endpoint+path, http.MethodGet, jar); got != want {
					t.Errorf("GET %s: %d, want %d", path, got, want)
				}
			}
			if got := status(t, p.line.Endpoint+"/admin/settings", http.MethodPost, jar); c.settings != 200 && got != c.settings {
				t.Errorf("POST settings: %d, want %d", got, c.settings)
			}
		})
	}
	// The endpoint's own list makes somebody an auditor, until it does not any more.
	s, err := sqlite.Open(t.Context(), filepath.Join(p.dir, "beside.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tn := s.For(demo.Tenant)
	if err := tn.GrantAdmin(t.Context(), "console", demo.Paul, store.RoleAuditor); err != nil {
		t.Fatal(err)
	}
	b := openBrowser(t, p.line.Endpoint)
	b.signIn("paul.adeyemi@halden.example")
	jar := cookies(b)
	if got := status(t, p.line.Endpoint+"/admin/monitor", http.MethodGet, jar); got != http.StatusOK {
		t.Errorf("a listed auditor: %d", got)
	}
	if got := status(t, p.line.Endpoint+"/admin/settings", http.MethodGet, jar); got != http.StatusForbidden {
		t.Errorf("settings as a listed auditor: %d", got)
	}
	if err := tn.RevokeAdmin(t.Context(), demo.Paul); err != nil {
		t.Fatal(err)
	}
	if got := status(t, p.line.Endpoint+"/admin/monitor", http.MethodGet, jar); got != http.StatusSeeOther {
		t.Errorf("after the role was taken away: %d", got)
	}
	if got := status(t, p.line.Endpoint+"/admin/monitor", http.MethodGet, "__Host-beside-admin=forged"); got != http.StatusSeeOther {
		t.Errorf("a forged cookie: %d", got)
	}
}

func cookies(b *browser) (out string) {
	b.run("cookies", chromedp.ActionFunc(func(ctx context.Context) error {
		all, err := cookiesOf(ctx)
		out = all
		return err
	}))
	return out
}

func status(t *testing.T, url, method, cookie string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", cookie)
	c := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
