package eventlog

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// listen stands for journald: it takes datagrams.
func listen(t *testing.T) (path string, next func() string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "socket")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return path, func() string {
		b := make([]byte, 64<<10)
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
}

func TestJournal(t *testing.T) {
	path, next := listen(t)
	var fallback strings.Builder
	l := Open(Options{Socket: path, Fallback: &fallback})
	defer l.Close()
	l.Write(Ended, Field{Role, "sharer"}, Field{Peer, ""}, Field{Code, "stopped"}, Field{Rights, "view+control"})
	want := "MESSAGE=A session ended [session.ended role=sharer code=stopped rights=view+control]\nPRIORITY=5\nSYSLOG_IDENTIFIER=beside\n" +
		"MESSAGE_ID=" + kind(Ended).Journal + "\nBESIDE_EVENT=203\nBESIDE_NAME=session.ended\nBESIDE_ROLE=sharer\nBESIDE_CODE=stopped\nBESIDE_RIGHTS=view+control\n"
	if got := next(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	l.Write(Ended, Field{Code, "a\nPRIORITY=0\nMESSAGE=forged"}, Field{Detail, strings.Repeat("é", maxField)}, Field{Peer, "\xff\u2028\u0085"})
	got := next()
	if n := strings.Count(got, "\n"); n != 9 {
		t.Errorf("%d lines:\n%s", n, got)
	}
	for line := range strings.Lines(got) {
		if v, ok := strings.CutPrefix(line, "BESIDE_DETAIL="); ok && len(v) > maxField+1 {
			t.Errorf("a value of %d bytes", len(v))
		}
		if strings.HasPrefix(line, "PRIORITY=0") || strings.HasPrefix(line, "MESSAGE=forged") {
			t.Errorf("forged: %q", line)
		}
	}
	if fallback.Len() > 0 {
		t.Errorf("fallback got %q", fallback.String())
	}
}

func TestFallback(t *testing.T) {
	path, _ := listen(t)
	var b strings.Builder
	gone := Open(Options{Socket: path, Fallback: &b})
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	for name, l := range map[string]*Log{"no journald": Open(Options{Socket: filepath.Join(t.TempDir(), "none"), Fallback: &b}), "closed": gone} {
		b.Reset()
		l.Write(SettingsRefused, Field{Detail, "10.json: tenant is not a GUID"})
		if want := "beside event 101: " + kind(SettingsRefused).Message + " [settings.refused detail=\"10.json: tenant is not a GUID\"]\n"; b.String() != want {
			t.Errorf("%s: %q, want %q", name, b.String(), want)
		}
	}
	var none *Log
	none.Write(Started)
	if err := none.Close(); err != nil {
		t.Error(err)
	}
	Open(Options{Socket: "/nowhere"}).Write(Started)
}

// TestJournalAgain: journald can be started again under a running app.
func TestJournalAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	addr := &net.UnixAddr{Name: path, Net: "unixgram"}
	first, err := net.ListenUnixgram("unixgram", addr)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	l := Open(Options{Socket: path, Fallback: &b})
	defer l.Close()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(path)
	l.Write(Started)
	if !strings.Contains(b.String(), "session.started") {
		t.Errorf("fallback has %q", b.String())
	}
	second, err := net.ListenUnixgram("unixgram", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	l.Write(Ended)
	buf := make([]byte, 4096)
	n, err := second.Read(buf)
	if err != nil || !strings.Contains(string(buf[:n]), "BESIDE_EVENT=203\n") {
		t.Errorf("%v: %q", err, buf[:n])
	}
}

// TestKinds: the table is the contract with docs/event-log.md.
func TestKinds(t *testing.T) {
	doc, err := os.ReadFile("../docs/event-log.md")
	if err != nil {
		t.Fatal(err)
	}
	level := map[Level]string{Error: "err", Warning: "warning", Notice: "notice", Info: "info"}
	seen := map[string]bool{}
	last := ID(0)
	for _, k := range Kinds() {
		row := fmt.Sprintf("| %d | `%s` | %s | `%s` |", k.ID, k.Name, level[k.Level], k.Journal)
		if !strings.Contains(string(doc), row) {
			t.Errorf("docs/event-log.md has no row %s", row)
		}
		if k.ID <= last || k.ID > 1000 || seen[k.Name] || seen[k.Journal] || !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(k.Journal) {
			t.Errorf("%+v: number, name or journal id is out of order, used twice or malformed", k)
		}
		last, seen[k.Name], seen[k.Journal] = k.ID, true, true
	}
	if n := len(regexp.MustCompile(`(?m)^\| \d+ \| `).FindAllString(string(doc), -1)); n != len(Kinds()) {
		t.Errorf("docs/event-log.md has %d events, the code %d", n, len(Kinds()))
	}
	for _, k := range []Key{Role, Run, Tenant, Self, Peer, Device, Rights, By, Code, Seconds, Detail} {
		if !strings.Contains(string(doc), "`BESIDE_"+string(k)+"`") {
			t.Errorf("docs/event-log.md does not say what BESIDE_%s holds", k)
		}
	}
}
