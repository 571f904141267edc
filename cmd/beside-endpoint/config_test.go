package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"beside/server/manage"
)

func writeFile(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPrecedence: a flag goes before the environment, that before the file, that before what is built in.
func TestPrecedence(t *testing.T) {
	path := writeFile(t, "endpoint.conf", "# comment\n\nlisten = :1\n-origin=https://file.example \nturn-url = turn:a\nturn-url = turn:b\nrelay-tls = false\n", 0o644)
	for name, tt := range map[string]struct {
		args string
		env  map[string]string
		want string
	}{
		"built in":                 {"", nil, ":8443 built in,  built in, [] built in, true built in"},
		"file":                     {"-config FILE", nil, ":1 file, https://file.example file, [turn:a turn:b] file, false file"},
		"file by environment":      {"", map[string]string{"BESIDE_CONFIG": path}, ":1 file, https://file.example file, [turn:a turn:b] file, false file"},
		"environment before file":  {"-config FILE", map[string]string{"BESIDE_LISTEN": ":2", "BESIDE_TURN_URL": "turn:c, turn:d"}, ":2 environment, https://file.example file, [turn:c turn:d] environment, false file"},
		"empty is not set":         {"-config FILE", map[string]string{"BESIDE_LISTEN": ""}, ":1 file, https://file.example file, [turn:a turn:b] file, false file"},
		"flag before both":         {"-config FILE -listen :3 -turn-url turn:e -relay-tls", map[string]string{"BESIDE_LISTEN": ":2"}, ":3 flag, https://file.example file, [turn:e] flag, true flag"},
		"flag that empties":        {"-config FILE -origin=", nil, ":1 file,  flag, [turn:a turn:b] file, false file"},
		"file flag before another": {"-config FILE", map[string]string{"BESIDE_CONFIG": "/nowhere"}, ":1 file, https://file.example file, [turn:a turn:b] file, false file"},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			o, _, err := parse(strings.Fields(strings.ReplaceAll(tt.args, "FILE", path)), io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%s %s, %s %s, %v %s, %v %s", o.Listen, o.from["listen"], o.Origin, o.from["origin"], o.relay.urls, o.from["turn-url"], o.relay.tls, o.from["relay-tls"])
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestEverythingWrongAtOnce: one list, and nothing of a secret in it.
func TestEverythingWrongAtOnce(t *testing.T) {
	short, open := writeFile(t, "short", "hunter2", 0o600), writeFile(t, "open", "hunter2hunter2hunter2", 0o644)
	_, err := options{}.settle(t.Context())
	if !errors.Is(err, manage.ErrUsage) || strings.Count(err.Error(), "\n") < 5 {
		t.Errorf("nothing set: %v", err)
	}
	o, _, err := parse([]string{
		"-tenant", "x", "-client-id", "y", "-api", "z", "-listen", "nowhere", "-tls-cert", "c", "-authority", "https://localhost", "-turn-url", "turn:x",
		"-syslog", "udp://x:1", "-webhook", "http://x", "-webhook-secret-file", short, "-siem-ca", "/nowhere", "-api-client-id", "w",
		"-admin-client-id", "v", "-admin-secret-file", open,
	}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DATABASE_URL", "mysql://u:hunter2@db/x")
	_, err = o.settle(t.Context())
	for _, want := range []string{
		"-data is", "-tenant must", "-client-id must", "-api must", "-origin is", "-listen:", "-tls-cert and", "-authority is", "-turn-url and", "-syslog must", "-webhook must",
		"-webhook-secret-file: a secret", "/nowhere", "-api-client-id must", "-admin-client-id must", "-admin-secret-file: ", "DATABASE_URL: ",
	} {
		if err == nil || !strings.Contains(err.Error(), "\n  "+want) && !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if strings.Contains(fmt.Sprint(err), "hunter2") || strings.Contains(fmt.Sprint(err), "usage") || !errors.Is(err, manage.ErrUsage) {
		t.Errorf("%v", err)
	}
	path := writeFile(t, "c", "home = x\nrelay-tls = perhaps\nnonsense\nconfig = y\n", 0o644)
	t.Setenv("BESIDE_RELAY_TLS", "")
	_, _, err = parse([]string{"-config", path}, io.Discard)
	for _, want := range []string{`"home"`, ":3: a line"} {
		if err == nil || !strings.Contains(err.Error(), want) || !errors.Is(err, manage.ErrUsage) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	t.Setenv("BESIDE_RELAY_TLS", "perhaps")
	if _, _, err = parse([]string{"-config", "/nowhere"}, io.Discard); err == nil || !strings.Contains(err.Error(), "BESIDE_RELAY_TLS") || !strings.Contains(err.Error(), "/nowhere") {
		t.Errorf("%v", err)
	}
}

// TestConfigCommand shows where settings came from and exits as serve would.
func TestConfigCommand(t *testing.T) {
	t.Setenv("BESIDE_TENANT", tid)
	t.Setenv("DATABASE_URL", "")
	var out strings.Builder
	args := append([]string{"config"}, slices.DeleteFunc(base(t.TempDir()), func(s string) bool { return s == "-tenant" || s == tid })...)
	if err := run(t.Context(), args, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"tenant               environment  " + tid, "origin               flag         https://help.example", "relay                built in     :3478"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
	out.Reset()
	if err := run(t.Context(), []string{"config", "-database", "postgres://u:hunter2@db/x"}, &out, io.Discard); !errors.Is(err, manage.ErrUsage) || strings.Contains(out.String(), "hunter2") {
		t.Errorf("%v\n%s", err, &out)
	}
}

func TestStrange(t *testing.T) {
	fs := flag.NewFlagSet("x", flag.ContinueOnError)
	fs.String("client-id", "", "")
	got := strange(fs, []string{"BESIDE_CLIENT_ID=1", "BESIDE_CLIENTID=1", "BESIDE_OPTIONS=", "HOME=/"})
	if !slices.Equal(got, []string{"BESIDE_CLIENTID"}) {
		t.Errorf("%v", got)
	}
}

func TestNetworks(t *testing.T) {
	got, err := networks([]string{"10.1.2.3", "10.0.0.1/8", "2001:db8::1"})
	if err != nil || fmt.Sprint(got) != "[10.1.2.3/32 10.0.0.0/8 2001:db8::1/128]" {
		t.Errorf("%v %v", got, err)
	}
	if _, err := networks([]string{"proxy.example", "10.0.0.0/33"}); !errors.Is(err, manage.ErrUsage) || strings.Count(err.Error(), "-trusted-proxy") != 2 {
		t.Errorf("%v", err)
	}
}

func TestSIEM(t *testing.T) {
	secret := writeFile(t, "secret", "0123456789abcdef\n", 0o600)
	for name, tt := range map[string]struct {
		s  siemFlags
		ok bool
	}{
		"nothing":           {siemFlags{}, true},
		"tls":               {siemFlags{syslog: "tls://log.example:6514"}, true},
		"tcp":               {siemFlags{syslog: "tcp://[2001:db8::1]:514"}, true},
		"no port":           {siemFlags{syslog: "tls://log.example"}, false},
		"udp":               {siemFlags{syslog: "udp://log.example:514"}, false},
		"path":              {siemFlags{syslog: "tls://log.example:514/x"}, false},
		"webhook":           {siemFlags{webhook: "https://siem.example/in?x=1", secretFile: secret}, true},
		"without secret":    {siemFlags{webhook: "https://siem.example/in"}, false},
		"plain":             {siemFlags{webhook: "http://siem.example/in", secretFile: secret}, false},
		"password":          {siemFlags{webhook: "https://u:p@siem.example/in", secretFile: secret}, false},
		"secret alone":      {siemFlags{secretFile: secret}, false},
		"no such authority": {siemFlags{syslog: "tls://log.example:6514", ca: "/nowhere"}, false},
		"no authority":      {siemFlags{syslog: "tls://log.example:6514", ca: secret}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.s.config("help.example")
			if (err == nil) != tt.ok || !tt.ok && !errors.Is(err, manage.ErrUsage) {
				t.Fatalf("got %v", err)
			}
			if tt.ok && ((got.Syslog != nil) != (tt.s.syslog != "") || (got.Webhook != nil) != (tt.s.webhook != "") || got.Syslog != nil && (got.Syslog.TLS != nil) != (name == "tls")) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func FuzzConfig(f *testing.F) {
	for _, s := range []string{"", "a = b", "# x\n-a=b\r\na=c", "=", "x", "a=b=c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseConfig("f", s)
		for name := range got {
			if name == "" || strings.ContainsAny(name, "\n=") || name[0] == '#' {
				t.Errorf("%q gives a setting %q (%v)", s, name, err)
			}
		}
	})
}
