package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"image"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"beside/internal/proc"
	"beside/internal/stage"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options say what to measure.
type options struct {
	bin, out, name string
	ours, peer     bool
	count, secs    int
}

func run(ctx context.Context) error {
	var o options
	flag.StringVar(&o.bin, "bin", "bin", "folder with the programs")
	flag.StringVar(&o.out, "out", filepath.Join("bench", "results"), "folder for the results")
	flag.StringVar(&o.name, "name", "x11", "what the results are called, after the date")
	flag.BoolVar(&o.ours, "beside", true, "measure Beside")
	flag.BoolVar(&o.peer, "peer", false, "measure TigerVNC in the same run")
	flag.IntVar(&o.count, "n", 100, "changes to time")
	flag.IntVar(&o.secs, "secs", 10, "length of each kind of load, seconds")
	flag.Parse()

	source := os.Getenv("BESIDE_GLASS")
	if source == "" {
		source = filepath.Join("..", "shared", "tools", "glass")
	}
	if _, err := os.Stat(filepath.Join(source, "main.go")); err != nil {
		fmt.Printf("bench: skipped: the measuring tool is not at %s; set BESIDE_GLASS to its source folder\n", source)
		return nil
	}
	work, err := os.MkdirTemp("", "beside-bench-")
	if err != nil {
		return err
	}
	g, err := proc.New(filepath.Join(work, "log"))
	if err != nil {
		return err
	}
	b := &bench{options: o, g: g, work: work, glass: filepath.Join(work, "glass")}
	err = b.measure(ctx, source)
	g.Close()
	if err != nil {
		return fmt.Errorf("%w (logs: %s)", err, filepath.Join(work, "log"))
	}
	return os.RemoveAll(work)
}

// bench is one run.
type bench struct {
	options
	g              *proc.Group
	work, glass    string
	sharer, helper string // displays
	report         strings.Builder
}

func (b *bench) measure(ctx context.Context, source string) error {
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", b.glass, ".")
	build.Dir = source
	if msg, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building glass: %w\n%s", err, msg)
	}
	size := image.Pt(1920, 1080)
	var err error
	if b.sharer, err = stage.StartDisplay(ctx, b.g, "sharer", size); err != nil {
		return err
	}
	if b.helper, err = stage.StartDisplay(ctx, b.g, "helper", size); err != nil {
		return err
	}
	fmt.Fprintf(&b.report, "# %s: measured from the outside\n\n%s\n", time.Now().Format("2006-01-02"), machine(ctx))
	if b.ours {
		if err := b.beside(ctx); err != nil {
			return err
		}
	}
	if b.peer {
		if err := b.tiger(ctx); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return err
	}
	name := filepath.Join(b.out, time.Now().Format("2006-01-02")+"-"+b.name+".md")
	if err := os.WriteFile(name, []byte(b.report.String()), 0o644); err != nil {
		return err
	}
	fmt.Println("bench: results in", name)
	return nil
}

// beside measures our own product in a session held by beside-demo.
func (b *bench) beside(ctx context.Context) error {
	ready := make(chan []byte, 1)
	demo, err := b.g.Start(proc.Spec{
		Name: "hold", Argv: []string{
			filepath.Join(b.bin, "beside-demo"), "-hold", "-mode", "control", "-fullscreen",
			"-sharer-display", b.sharer, "-helper-display", b.helper,
		},
		Line: func(s string) {
			select {
			case ready <- []byte(s):
			default:
			}
		},
	})
	if err != nil {
		return err
	}
	var session struct {
		Ready     bool
		SharerPID int `json:"sharer_pid"`
		HelperPID int `json:"helper_pid"`
		Path      string
	}
	select {
	case line := <-ready:
		if err := json.Unmarshal(line, &session); err != nil || !session.Ready {
			return fmt.Errorf("beside-demo -hold said %q: %w", line, err)
		}
	case <-demo.Done():
		return fmt.Errorf("beside-demo -hold ended: %w", demo.Err())
	case <-time.After(3 * time.Minute):
		return errors.New("beside-demo -hold brought no session up")
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := pause(ctx, 2*time.Second); err != nil {
		return err
	}
	if err := b.all(ctx, "Beside, path "+session.Path, session.SharerPID, session.HelperPID); err != nil {
		return err
	}
	demo.Stop()
	if demo.Err() != nil {
		return fmt.Errorf("beside-demo -hold did not end cleanly: %w", demo.Err())
	}
	return nil
}

// tiger measures TigerVNC on the same displays.
func (b *bench) tiger(ctx context.Context) error {
	name := "X0tigervnc" // Debian's x0vncserver is a wrapper that leaves it in the background
	if _, err := exec.LookPath(name); err != nil {
		name = "x0vncserver"
	}
	server, err := b.g.Start(proc.Spec{
		Name: "x0vncserver", Env: []string{"DISPLAY=" + b.sharer, "HOME=" + b.work},
		Argv: []string{name, "-rfbport", "5971", "-SecurityTypes", "None", "-localhost=1"},
	})
	if err != nil {
		return err
	}
	if err := pause(ctx, 2*time.Second); err != nil {
		return err
	}
	viewer, err := b.g.Start(proc.Spec{
		Name: "xtigervncviewer", Env: []string{"DISPLAY=" + b.helper, "HOME=" + b.work},
		Argv: []string{"xtigervncviewer", "-FullScreen=1", "-SecurityTypes", "None", "127.0.0.1::5971"},
	})
	if err != nil {
		return err
	}
	if err := pause(ctx, 4*time.Second); err != nil {
		return err
	}
	if err := b.all(ctx, "TigerVNC (x0vncserver and xtigervncviewer), same run", server.PID, viewer.PID); err != nil {
		return err
	}
	viewer.Stop()
	server.Stop()
	return nil
}

// all runs every measurement and writes what the tool says, as it says it.
func (b *bench) all(ctx context.Context, title string, pids ...int) error {
	fmt.Fprintf(&b.report, "\n## %s\n\n", title)
	fmt.Println("bench:", title)
	var list []string
	for _, p := range pids {
		list = append(list, strconv.Itoa(p))
	}
	runs := [][]string{
		{"latency", "-n", strconv.Itoa(b.count)},
		{"click", "-n", strconv.Itoa(max(b.count/2, 1))},
		{"exact", "-n", "5"},
	}
	for _, kind := range []string{"idle", "type", "scroll", "video"} {
		runs = append(runs, []string{"load", "-kind", kind, "-secs", strconv.Itoa(b.secs), "-pids", strings.Join(list, ",")})
	}
	for _, args := range runs {
		limited, cancel := context.WithTimeout(ctx, 5*time.Minute)
		cmd := exec.CommandContext(limited, b.glass, append(args, "-src", b.sharer, "-dst", b.helper)...)
		out, err := cmd.CombinedOutput()
		cancel()
		fmt.Fprintf(&b.report, "`glass %s`\n\n```\n%s\n```\n\n", strings.Join(args, " "), bytes.TrimSpace(out))
		fmt.Printf("%s\n", bytes.TrimSpace(out))
		if err != nil {
			return fmt.Errorf("glass %s: %w: %s", args[0], err, bytes.TrimSpace(out))
		}
	}
	return nil
}

// machine describes this one, in a table.
func machine(ctx context.Context) string {
	var s strings.Builder
	fmt.Fprintf(&s, "| | |\n|---|---|\n")
	row := func(k, v string) { fmt.Fprintf(&s, "| %s | %s |\n", k, v) }
	say := func(name string, args ...string) string {
		out, err := exec.CommandContext(ctx, name, args...).Output()
		if err != nil {
			return "?"
		}
		return strings.TrimSpace(string(out))
	}
	row("Beside", say("git", "describe", "--tags", "--always", "--dirty"))
	row("processor", field("/proc/cpuinfo", "model name")+", "+say("nproc")+" cores")
	row("memory", field("/proc/meminfo", "MemTotal"))
	row("kernel", say("uname", "-sr"))
	row("system", strings.Trim(field("/etc/os-release", "PRETTY_NAME"), `"`))
	row("Go", strings.TrimPrefix(say("go", "version"), "go version "))
	row("displays", "two Xvfb, 1920 by 1080, software drawing")
	return s.String()
}

// field is the value of the first line of a file that starts with name and ':' or '='.
func field(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return "?"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), name); ok {
			return strings.TrimLeft(rest, " \t:=")
		}
	}
	return "?"
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
