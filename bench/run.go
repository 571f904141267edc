package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// session measures the products in turn, so that what else the machine does meets both, and
// adds the table to the results.
func (b *bench) session(ctx context.Context, t *table, where func(context.Context) (*place, error), list []measurement, repeats int) error {
	b.tables = append(b.tables, t)
	p, err := where(ctx)
	if errors.Is(err, errRights) {
		t.notes = append(t.notes, err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	defer p.close()
	if p.shared {
		t.notes = append(t.notes, "traffic of this session alone, which needs root: the figures hold everybody's on the loopback")
	}
	b.scene.place = p
	var products []string
	if b.ours {
		products = append(products, beside)
	}
	if b.peer {
		products = append(products, tigerVNC)
	}
	for i := range repeats {
		for _, product := range products {
			b.loads = append(b.loads, loadAverage())
			b.say("%s: %s, %d of %d", t.title, product, i+1, repeats)
			if err := b.one(ctx, t, product, list); err != nil {
				if ctx.Err() != nil {
					return err
				}
				t.notes = append(t.notes, fmt.Sprintf("%s, a session: %v", product, err))
				b.say("  failed: %v", err)
			}
		}
	}
	return nil
}

// one measures one session of one product.
func (b *bench) one(ctx context.Context, t *table, product string, list []measurement) error {
	r, err := b.scene.start(ctx, product)
	if err != nil {
		return err
	}
	b.say("  session up, path %s", r.path)
	s := &suite{ctx: ctx, scene: b.scene, run: r, into: t, say: b.say, opt: b.options}
	err = s.all(list)
	if err == nil && b.glass != "" && t.key == "local" {
		err = b.check(ctx, r)
	}
	return errors.Join(err, r.stop())
}

// check runs the measuring tool glass on the session too, and keeps what it says.
func (b *bench) check(ctx context.Context, r *running) error {
	tool := b.glass
	if info, err := os.Stat(tool); err != nil {
		return fmt.Errorf("the tool glass: %w", err)
	} else if info.IsDir() {
		tool = filepath.Join(b.scene.work, "glass")
		build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", tool, ".")
		build.Dir = b.glass
		if msg, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("build glass: %w: %s", err, msg)
		}
	}
	pids := strconv.Itoa(r.sharer) + "," + strconv.Itoa(r.helper)
	secs := strconv.Itoa(b.secs)
	for _, args := range [][]string{
		{"latency", "-n", strconv.Itoa(b.count)},
		{"click", "-n", strconv.Itoa(max(b.count/2, 1))},
		{"exact", "-n", strconv.Itoa(b.pages)},
		{"load", "-kind", "idle", "-secs", secs, "-pids", pids},
		{"load", "-kind", "type", "-secs", secs, "-pids", pids},
		{"load", "-kind", "scroll", "-secs", secs, "-pids", pids},
		{"load", "-kind", "video", "-secs", secs, "-pids", pids},
	} {
		argv := append(append([]string(nil), b.scene.place.sharer...), tool)
		argv = append(argv, append(args, "-src", b.scene.sharer, "-dst", b.scene.helper)...)
		limited, cancel := context.WithTimeout(ctx, 5*time.Minute)
		out, err := exec.CommandContext(limited, argv[0], argv[1:]...).CombinedOutput()
		cancel()
		text := strings.TrimSpace(string(out))
		b.say("  glass %s: %s", strings.Join(args[:min(len(args), 3)], " "), lastLine(text))
		fmt.Fprintf(&b.checks, "%s, `glass %s`\n\n```\n%s\n```\n\n", r.product, strings.Join(args, " "), text)
		if err != nil {
			return fmt.Errorf("glass %s: %w", args[0], err)
		}
	}
	return nil
}

// write writes the results and the chart.
func (b *bench) write(ctx context.Context, start time.Time, micro string) error {
	day := start.Format("2006-01-02")
	base := day + "-" + b.name
	var s strings.Builder
	fmt.Fprintf(&s, "# %s: measured from the outside\n\n%s\n", day, machine(ctx, b.loads))
	fmt.Fprintf(&s, "Took %v. What each row means: [README](../README.md).\n\n", time.Since(start).Round(time.Second))
	if len(b.tables) > 0 {
		for _, t := range b.tables {
			met, all := t.tally()
			fmt.Fprintf(&s, "- %s: %d of %d goals met\n", t.title, met, all)
		}
		fmt.Fprintf(&s, "\n![chart](%s.svg)\n\n", base)
	}
	for _, t := range b.tables {
		s.WriteString(t.markdown())
	}
	s.WriteString(micro)
	if b.checks.Len() > 0 {
		s.WriteString("## The same sessions by the tool glass\n\n" + b.checks.String())
	}
	if len(b.tables) > 0 {
		if err := b.file(base+".svg", chart("Beside beside TigerVNC, "+day, b.tables)); err != nil {
			return err
		}
	}
	return b.file(base+".md", s.String())
}

// soakReport soaks and writes the results, also when it did not reach the end.
func (b *bench) soakReport(ctx context.Context, start time.Time) error {
	b.loads = append(b.loads, loadAverage())
	res, err := b.runSoak(ctx)
	if len(res.points) == 0 {
		return err
	}
	name := b.name
	if !strings.Contains(name, "soak") {
		name += "-soak"
	}
	base := start.Format("2006-01-02") + "-" + name
	minutes, mb := res.series()
	if e := b.file(base+".svg", lines("Resident memory over a soak", minutes, mb, soakOrder())); e != nil {
		return errors.Join(err, e)
	}
	text := fmt.Sprintf("# %s: soak\n\n%s\n", start.Format("2006-01-02"), machine(ctx, b.loads)) +
		res.markdown(b.soakFor, err) + fmt.Sprintf("![memory](%s.svg)\n", base)
	return errors.Join(err, b.file(base+".md", text))
}

func (b *bench) file(name, text string) error {
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return err
	}
	path := filepath.Join(b.out, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return err
	}
	b.say("wrote %s", path)
	return nil
}
