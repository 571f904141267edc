//go:build packages

package packaging

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// dist finds the one package of a name in dist/.
func dist(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("..", "dist", pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("dist/%s: %d files; make deb rpm first", pattern, len(found))
	}
	path, err := filepath.Abs(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// must runs a command and gives what it printed.
func must(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func debs(t *testing.T) []string {
	return []string{dist(t, "beside_*.deb"), dist(t, "beside-endpoint_*.deb")}
}

func TestLintian(t *testing.T) {
	must(t, "lintian", append([]string{"--allow-root", "--fail-on", "error,warning"}, debs(t)...)...)
}

// unpacked is what a package puts onto a system.
func unpacked(t *testing.T) string {
	dir := t.TempDir()
	for _, d := range debs(t) {
		must(t, "dpkg-deb", "-x", d, dir)
	}
	return dir
}

func TestDesktopTools(t *testing.T) {
	dir := unpacked(t)
	must(t, "desktop-file-validate", filepath.Join(dir, "usr/share/applications/org.beside.Beside.desktop"))
	must(t, "appstreamcli", "validate", "--no-net", filepath.Join(dir, "usr/share/metainfo/org.beside.Beside.metainfo.xml"))
	for _, page := range []string{"man1/beside.1.gz", "man8/beside-endpoint.8.gz"} {
		cmd := exec.Command("man", "-l", "--warnings", filepath.Join(dir, "usr/share/man", page))
		cmd.Env = append(os.Environ(), "MANROFFOPT=-ww", "LC_ALL=C.UTF-8")
		var errs strings.Builder
		cmd.Stderr = &errs
		if out, err := cmd.Output(); err != nil || errs.Len() > 0 || len(out) < 1000 {
			t.Errorf("%s: %v, %d bytes\n%s", page, err, len(out), errs.String())
		}
	}
}

// exposure is the most that systemd-analyze security may find, of 100.
const exposure = "15"

func TestUnit(t *testing.T) {
	dir := unpacked(t)
	unit := filepath.Join(dir, "lib/systemd/system/beside-endpoint.service")
	must(t, "sh", "-c", "cp -r /lib/systemd/system/*.target "+filepath.Dir(unit)) // what it waits for
	t.Log(must(t, "systemd-analyze", "verify", "--root="+dir, "--man=no", "beside-endpoint.service"))
	out := must(t, "systemd-analyze", "security", "--offline=yes", "--threshold="+exposure, unit)
	t.Log(out[strings.LastIndex(strings.TrimSpace(out), "\n"):])
}

func TestRPM(t *testing.T) {
	for name, c := range map[string]struct{ pattern, config, file, requires string }{
		"beside":          {"beside-[0-9]*.rpm", "/etc/beside/policy.d/README", "/usr/share/applications/org.beside.Beside.desktop", "libX11.so.6()(64bit)"},
		"beside-endpoint": {"beside-endpoint-[0-9]*.rpm", "/etc/beside-endpoint.conf", "/usr/lib/systemd/system/beside-endpoint.service", "systemd"},
	} {
		t.Run(name, func(t *testing.T) {
			rpm := dist(t, c.pattern)
			must(t, "rpm", "-K", "--nosignature", rpm)
			for flag, want := range map[string]string{"-qpl": c.file, "-qpc": c.config, "-qpR": c.requires} {
				if out := must(t, "rpm", flag, rpm); !strings.Contains(out, want) {
					t.Errorf("rpm %s has no %s:\n%s", flag, want, out)
				}
			}
			// The names in the payload are absolute: this cpio keeps rpmlint from unpacking over the machine.
			shim := t.TempDir()
			if err := os.WriteFile(filepath.Join(shim, "cpio"), []byte("#!/bin/sh\nexec /usr/bin/cpio --no-absolute-filenames \"$@\"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("rpmlint", rpm)
			cmd.Env = append(os.Environ(), "PATH="+shim+":"+os.Getenv("PATH"))
			out, _ := cmd.CombinedOutput() // its status is that of any error, and some are not meant for other distributions
			for line := range strings.Lines(string(out)) {
				if strings.Contains(line, ": E: ") && !accepted.MatchString(line) {
					t.Error(strings.TrimSpace(line))
				}
			}
		})
	}
}

// accepted are rpmlint's errors that are as they should be: the endpoint is one file of Go without
// libraries, and whoever publishes a package signs it.
var accepted = regexp.MustCompile(`statically-linked-binary|no-signature`)

// root is a clean Debian that goes when the test ends.
type root struct{ dir string }

// command prepares a command inside.
func (r root) command(args ...string) *exec.Cmd {
	cmd := exec.Command("chroot", append([]string{r.dir}, args...)...)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"}
	return cmd
}

// run runs it; ok says whether it must succeed.
func (r root) run(t *testing.T, ok bool, args ...string) string {
	t.Helper()
	out, err := r.command(args...).CombinedOutput()
	if (err == nil) != ok {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// write writes a file inside.
func (r root) write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, path), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// files are the paths below the usual places, without what apt keeps for itself.
func (r root) files(t *testing.T) string {
	return r.run(t, true, "sh", "-c", "find /etc /usr /lib /var/lib -xdev -path /var/lib/dpkg -prune -o -path /var/lib/apt -prune -o -print | grep beside | sort")
}

const guid = "11111111-2222-3333-4444-555555555555"

// TestInstalled installs both packages into a clean Debian, uses them, upgrades, removes and purges.
func TestInstalled(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("this test makes a root of its own and needs root")
	}
	r := root{t.TempDir()}
	must(t, "../scripts/cleanroot.sh", r.dir)
	must(t, "mount", "-t", "proc", "proc", filepath.Join(r.dir, "proc"))
	t.Cleanup(func() { _ = syscall.Unmount(filepath.Join(r.dir, "proc"), syscall.MNT_DETACH) })
	for _, d := range debs(t) {
		must(t, "cp", d, filepath.Join(r.dir, "root"))
	}
	t.Log(r.run(t, true, "sh", "-c", "apt-get install -y -qq --no-install-recommends /root/*.deb xdg-utils desktop-file-utils 2>&1 | tail -4"))

	t.Run("programs", func(t *testing.T) {
		for _, cmd := range [][]string{{"beside", "-version"}, {"sh", "-c", "ldd /usr/bin/beside"}} {
			if out := r.run(t, true, cmd...); strings.Contains(out, "not found") || out == "" {
				t.Error(out)
			}
		}
		if out := r.run(t, false, "beside"); !strings.Contains(out, "-endpoint is not set") {
			t.Error(out)
		}
		if out := r.run(t, true, "xdg-mime", "query", "default", "x-scheme-handler/beside"); strings.TrimSpace(out) != "org.beside.Beside.desktop" {
			t.Errorf("beside:// is opened by %q", out)
		}
	})
	t.Run("policy", func(t *testing.T) { r.policy(t) })
	t.Run("endpoint", func(t *testing.T) { r.endpoint(t) })
	t.Run("upgrade", func(t *testing.T) {
		r.write(t, "etc/beside-endpoint.conf", "# of the administrator\nBESIDE_LISTEN=:1\n")
		for _, name := range []string{"beside", "beside-endpoint"} {
			r.upgrade(t, name)
		}
		if out := r.run(t, true, "cat", "/etc/beside-endpoint.conf"); !strings.Contains(out, "of the administrator") {
			t.Error("the upgrade replaced the settings")
		}
		if out := r.run(t, true, "beside", "-show-config"); !strings.Contains(out, "https://help.example.com") {
			t.Error("the upgrade lost the policy")
		}
	})
	t.Run("purge", func(t *testing.T) {
		r.run(t, true, "apt-get", "remove", "-y", "-qq", "beside", "beside-endpoint")
		if out := r.files(t); strings.Contains(out, "/usr/bin/beside") || !strings.Contains(out, "/etc/beside-endpoint.conf") || !strings.Contains(out, "10-site.json") {
			t.Errorf("after remove:\n%s", out)
		}
		r.run(t, true, "apt-get", "purge", "-y", "-qq", "beside", "beside-endpoint")
		for line := range strings.Lines(r.files(t)) {
			line = strings.TrimSpace(line)
			// The keys and the audit log, and the administrator's own policy.
			if !strings.HasPrefix(line, "/var/lib/beside-endpoint") && line != "/etc/beside" && line != "/etc/beside/policy.d" && line != "/etc/beside/policy.d/10-site.json" {
				t.Errorf("after purge: %s", line)
			}
		}
	})
}

// policy: managed policy wins over the command line and the environment in the released app.
func (r root) policy(t *testing.T) {
	r.write(t, "etc/beside/policy.d/10-site.json", `{"endpoint": "https://help.example.com", "tenant": "`+guid+`", "rights": ["view"], "defaults": {"lang": "nl"}}`)
	out := r.run(t, true, "env", "BESIDE_TENANT=99999999-2222-3333-4444-555555555555", "beside", "-endpoint", "https://evil.example", "-lang", "en", "-show-config")
	for _, want := range []string{
		`(?m)^endpoint +https://help.example.com +managed policy, /etc/beside/policy.d/10-site.json \(locked\)$`, `not used: command line, flag -endpoint`,
		`(?m)^tenant +` + guid + ` .*locked`, `not used: environment`, `(?m)^rights +view +managed.*locked`, `(?m)^lang +en +command line, flag -lang$`, `not used: managed default`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	r.write(t, "etc/beside/policy.d/20-bad.json", `{"tenant": "x", "colour": "red"}`)
	r.write(t, "etc/beside/policy.d/30-bad.json", `{`)
	out = r.run(t, false, "beside")
	for _, want := range []string{"20-bad.json: tenant is not a GUID", `20-bad.json: "colour" is no setting`, "30-bad.json: is empty or ends too early", "beside event 101:"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	r.run(t, true, "sh", "-c", "rm /etc/beside/policy.d/[23]0-bad.json; chmod 666 /etc/beside/policy.d/10-site.json")
	if out = r.run(t, false, "beside", "-show-config"); !strings.Contains(out, "can be written by others") {
		t.Error(out)
	}
	r.run(t, true, "chmod", "644", "/etc/beside/policy.d/10-site.json")
}

// endpoint starts the service's own command line as its own account.
func (r root) endpoint(t *testing.T) {
	if out := r.run(t, true, "stat", "-c", "%U %a", "/var/lib/beside-endpoint"); strings.TrimSpace(out) != "beside-endpoint 700" {
		t.Errorf("data folder: %s", out)
	}
	start := `set -a; . /etc/beside-endpoint.conf; eval exec "$(sed -n 's/^ExecStart=//p' /lib/systemd/system/beside-endpoint.service)"`
	as := []string{"runuser", "-u", "beside-endpoint", "--", "sh", "-c", start}
	if out := r.run(t, false, as...); !strings.Contains(out, "-tenant must be a GUID") {
		t.Errorf("without settings: %s", out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	r.write(t, "etc/beside-endpoint.conf", fmt.Sprintf("BESIDE_LISTEN=%s\nBESIDE_ORIGIN=https://%s\nBESIDE_TENANT=%s\nBESIDE_CLIENT_ID=%s\nBESIDE_API=api://%s\nBESIDE_OPTIONS=\n", addr, addr, guid, guid, guid))
	cmd := r.command(as...)
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM); _ = cmd.Wait() }()
	said := ""
	for s := bufio.NewScanner(pipe); s.Scan(); {
		if said += s.Text() + "\n"; strings.Contains(s.Text(), `"serving"`) {
			break
		}
	}
	if !strings.Contains(said, `"serving"`) {
		t.Fatalf("it does not serve: %s", said)
	}
	pem, err := os.ReadFile(filepath.Join(r.dir, "var/lib/beside-endpoint/ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	c := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	resp, err := c.Get("https://" + addr + "/healthz")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("healthz: %v, %v", resp, err)
	}
	resp.Body.Close()
	if out := r.run(t, true, "runuser", "-u", "beside-endpoint", "--", "beside-endpoint", "settings", "get", "-data", "/var/lib/beside-endpoint"); !strings.Contains(out, "enabled") {
		t.Error(out)
	}
}

// upgrade installs the same package with a later version.
func (r root) upgrade(t *testing.T, name string) {
	config, err := os.ReadFile("../dist/work/" + name + ".deb.yaml")
	if err != nil {
		t.Fatal(err)
	}
	later := regexp.MustCompile(`(?m)^version: .*$`).ReplaceAllString(string(config), `version: "99.0"`)
	file := filepath.Join(t.TempDir(), "nfpm.yaml")
	if err := os.WriteFile(file, []byte(later), 0o644); err != nil {
		t.Fatal(err)
	}
	tool := strings.TrimSpace(must(t, "../scripts/tools.sh", "nfpm"))
	cmd := exec.Command(tool, "package", "-f", file, "-p", "deb", "-t", filepath.Join(r.dir, "root", "later.deb"))
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r.run(t, true, "apt-get", "install", "-y", "-qq", "/root/later.deb")
	if out := r.run(t, true, "dpkg-query", "-W", "-f", "${Version}", name); out != "99.0-1" {
		t.Errorf("%s is %s", name, out)
	}
}
