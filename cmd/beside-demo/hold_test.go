package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"beside/internal/proc"
)

// The stand-ins speak the lines that the real programs speak on autopilot.
const (
	endpointStandIn = `#!/bin/sh
echo '{"ready":true,"endpoint":"https://127.0.0.1:1","authority":"https://127.0.0.1:1/t","ca":"ca.pem","tenant":"t","client_id":"c","api":"api://a","people":["noa.w@x","sam.r@x"]}'
exec sleep 600
`
	appStandIn = `#!/bin/sh
case "$*" in
*"-auto helper -auto-user noa.w@x -auto-mode control"*"-fullscreen"*)
  echo 'not json'
  echo '{"event":"code","code":"BCDFGHJK"}'
  while [ ! -e "$BESIDE_TEST/joined" ]; do sleep 0.02; done
  echo '{"event":"started","path":"relay"}' ;;
*"-auto sharer -auto-user sam.r@x"*)
  read code
  case "$BESIDE_TEST_SHARER" in
  ended) echo '{"event":"ended","code":"declined"}' ;;
  gone) exit 3 ;;
  *) [ "$code" = BCDFGHJK ] && touch "$BESIDE_TEST/joined" && echo '{"event":"started","path":"relay"}' ;;
  esac ;;
esac
exec sleep 600
`
)

// standIns makes a folder with programs that play their parts, and the options to use them.
func standIns(t *testing.T) options {
	t.Helper()
	dir := t.TempDir()
	for name, script := range map[string]string{"beside-endpoint-dev": endpointStandIn, "beside-dev": appStandIn} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("BESIDE_TEST", dir)
	o, err := parse([]string{
		"-bin", dir, "-hold", "-fullscreen", "-sharer-display", ":x", "-helper-display", ":y", "-exec-sharer", "env A=b",
	})
	if err != nil {
		t.Fatal(err)
	}
	o.work = t.TempDir()
	return o
}

func TestHoldStands(t *testing.T) {
	o := standIns(t)
	g, err := proc.New(filepath.Join(o.work, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- hold(ctx, g, o, w)
		w.Close()
	}()
	var line held
	if err := json.NewDecoder(r).Decode(&line); err != nil {
		t.Fatalf("no line: %v, %v", err, <-ended)
	}
	if !line.Ready || line.Path != "relay" || line.SharerDisplay != ":x" || line.HelperDisplay != ":y" {
		t.Errorf("line %+v", line)
	}
	for _, pid := range []int{line.Sharer, line.Helper, line.Endpoint} {
		if err := syscall.Kill(pid, 0); err != nil {
			t.Errorf("process %d: %v", pid, err)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("asked to end: %v", err)
	}
	g.Close()
	for _, pid := range []int{line.Sharer, line.Helper, line.Endpoint} {
		if err := syscall.Kill(pid, 0); err == nil {
			t.Errorf("process %d is left", pid)
		}
	}
}

func TestHoldFails(t *testing.T) {
	for sharer, want := range map[string]string{"ended": "declined", "gone": "sharer's app ended"} {
		t.Run(sharer, func(t *testing.T) {
			o := standIns(t)
			t.Setenv("BESIDE_TEST_SHARER", sharer)
			g, err := proc.New(filepath.Join(o.work, "log"))
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			if err := hold(t.Context(), g, o, os.Stdout); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want something about %q", err, want)
			}
		})
	}
}
