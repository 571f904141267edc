package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"beside/internal/proc"
	"beside/internal/stage"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options say what to measure.
type options struct {
	bin, out, name, benchtime string
	micro, local, wan         bool
	ours, peer                bool
	count, secs, pages        int
	repeats, wanRepeats       int
	only                      []string // measurements; all if empty
	glass                     string   // program or source folder of the tool glass, "" to do without
	soakFor                   time.Duration
	link                      int // which of the links, 0 for all
}

// typedCount and typedSecs: as many characters as fit beside a video of a bearable length.
func (o options) typedCount() int { return min(o.count, 80) }
func (o options) typedSecs() int  { return 8 + o.typedCount()/3 }

func parse(args []string) (options, error) {
	var o options
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.StringVar(&o.bin, "bin", "bin", "folder with the programs")
	fs.StringVar(&o.out, "out", filepath.Join("bench", "results"), "folder for the results")
	fs.StringVar(&o.name, "name", "x11", "what the results are called, after the date")
	fs.BoolVar(&o.micro, "micro", true, "run the micro-benchmarks of the packages")
	fs.StringVar(&o.benchtime, "benchtime", "0.5s", "how long each micro-benchmark runs")
	fs.BoolVar(&o.local, "local", true, "measure on the loopback")
	fs.BoolVar(&o.wan, "wan", false, "measure across bad links, which needs root")
	fs.IntVar(&o.link, "link", 0, "with -wan: only this of the links, from 1")
	fs.BoolVar(&o.ours, "beside", true, "measure Beside")
	fs.BoolVar(&o.peer, "peer", true, "measure TigerVNC in the same run")
	fs.IntVar(&o.count, "n", 200, "changes to time")
	fs.IntVar(&o.pages, "pages", 8, "pages of text to time")
	fs.IntVar(&o.secs, "secs", 10, "length of each kind of load, seconds")
	fs.IntVar(&o.repeats, "repeats", 3, "sessions of each product on the loopback, in turn")
	fs.IntVar(&o.wanRepeats, "wan-repeats", 1, "sessions of each product across each link, in turn")
	fs.StringVar(&o.glass, "glass", "", "check with the measuring tool glass: its program or its source `folder`")
	fs.DurationVar(&o.soakFor, "soak", 0, "instead of all that, work this long across a bad link; needs root")
	only := fs.String("only", "", "only these `measurements`, with commas: latency,click,page,idle,typing,scroll,video,tab,typed,apps")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unknown argument %q", fs.Arg(0))
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	if o.count < 1 || o.pages < 1 || o.secs < 1 || o.secs > 120 || o.repeats < 1 || o.wanRepeats < 1 || o.link < 0 || o.link > len(links()) {
		return o, errors.New("a count is out of range; -secs is 1 to 120")
	}
	return o, nil
}

// bench is one run.
type bench struct {
	options
	scene  *scene
	loads  []string // load averages before each session
	tables []*table
	checks strings.Builder // what glass said
}

func (b *bench) say(format string, args ...any) { fmt.Printf("bench: "+format+"\n", args...) }

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "beside-bench-")
	if err != nil {
		return err
	}
	b := &bench{options: o}
	g, err := proc.New(filepath.Join(work, "log"))
	if err != nil {
		return err
	}
	b.scene = &scene{g: g, bin: o.bin, work: work}
	err = errors.Join(b.measure(ctx), ctx.Err())
	g.Close()
	if err != nil {
		return fmt.Errorf("%w (logs: %s)", err, filepath.Join(work, "log"))
	}
	return os.RemoveAll(work)
}

func (b *bench) measure(ctx context.Context) error {
	start := time.Now()
	micro := ""
	if b.micro && b.soakFor == 0 {
		list, notes, err := runMicro(ctx, b.benchtime, b.say)
		if err != nil {
			return err
		}
		micro = microMarkdown(list, notes)
	}
	if b.soakFor > 0 || b.local || b.wan {
		if err := b.displays(ctx); err != nil {
			return err
		}
	}
	if b.soakFor > 0 {
		return b.soakReport(ctx, start)
	}
	if b.local {
		if err := b.session(ctx, newTable("On one machine", "local", loopbackMetrics()), loopback, loopbackMeasurements(), b.repeats); err != nil {
			return err
		}
	}
	if b.wan {
		for i, k := range links() {
			if b.link != 0 && b.link != i+1 {
				continue
			}
			t := newTable("Across a link: "+k.Name, fmt.Sprintf("wan%d", i+1), wanMetrics(i))
			err := b.session(ctx, t, func(ctx context.Context) (*place, error) { return apart(ctx, k) }, wanMeasurements(), b.wanRepeats)
			if err != nil {
				return err
			}
		}
	}
	return b.write(ctx, start, micro)
}

// displays starts both.
func (b *bench) displays(ctx context.Context) error {
	var err error
	size := image.Pt(1920, 1080)
	if b.scene.sharer, err = stage.StartDisplay(ctx, b.scene.g, "sharer", size); err != nil {
		return err
	}
	b.scene.helper, err = stage.StartDisplay(ctx, b.scene.g, "helper", size)
	return err
}
