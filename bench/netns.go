package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// A place is where the two sides of a session are: network namespaces of their own, so
// that nobody else's traffic is counted and links can be bad. On the loopback both sides
// are in the same one. Without the rights to make one, it is this process's own.
type place struct {
	sharer, helper []string // command prefixes
	address        string   // of the sharer's side
	device         string   // whose bytes count
	shared         bool     // whether others' traffic is counted too

	names []string
	files []*os.File
	stop  context.CancelFunc
	pumps sync.WaitGroup
	mu    sync.Mutex
	ways  [2]counts
}

var errRights = errors.New("network namespaces need root")

// loopback makes a place where both sides are one machine.
func loopback(ctx context.Context) (*place, error) {
	if os.Getuid() != 0 {
		return &place{address: "127.0.0.1", device: "lo", shared: true}, nil
	}
	p := &place{address: "127.0.0.1", device: "lo"}
	name, err := p.enter(ctx, "one")
	if err != nil {
		p.close()
		return nil, err
	}
	p.sharer, p.helper = prefix(name), prefix(name)
	// A device with an address, as every machine has, though nobody is at its other end.
	f, err := tun(ctx, name, "10.99.0.1", "10.99.0.2")
	if err != nil {
		p.close()
		return nil, err
	}
	p.files = append(p.files, f)
	return p, nil
}

// apart makes a place where the two sides are joined by a link.
func apart(ctx context.Context, k linkKind) (*place, error) {
	if os.Getuid() != 0 {
		return nil, errRights
	}
	p := &place{address: "10.99.0.1", device: tunName}
	addresses := []string{"10.99.0.1", "10.99.0.2"}
	for i, side := range []string{"sharer", "helper"} {
		name, err := p.enter(ctx, side)
		if err == nil {
			var f *os.File
			if f, err = tun(ctx, name, addresses[i], addresses[1-i]); err == nil {
				p.files = append(p.files, f)
			}
		}
		if err != nil {
			p.close()
			return nil, err
		}
	}
	p.sharer, p.helper = prefix(p.names[0]), prefix(p.names[1])
	ctx, p.stop = context.WithCancel(ctx)
	for i := range 2 {
		p.pumps.Go(func() { k.carry(ctx, p.files[i], p.files[1-i], &p.mu, &p.ways[i]) })
	}
	return p, nil
}

func prefix(name string) []string { return []string{"ip", "netns", "exec", name} }

// link says what the link did, each way.
func (p *place) link() (fromSharer, fromHelper counts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ways[0], p.ways[1]
}

// close takes the namespaces away; programs in them must have ended.
func (p *place) close() {
	if p.stop != nil {
		p.stop()
	}
	for _, f := range p.files {
		f.Close()
	}
	p.pumps.Wait()
	for _, name := range p.names {
		_ = exec.Command("ip", "netns", "delete", name).Run() // it is gone already
	}
	p.names, p.files = nil, nil
}

// enter makes a namespace with a loopback.
func (p *place) enter(ctx context.Context, side string) (string, error) {
	name := fmt.Sprintf("beside-bench-%d-%s", os.Getpid(), side)
	if err := ip(ctx, "netns", "add", name); err != nil {
		return "", err
	}
	p.names = append(p.names, name)
	return name, ip(ctx, "-n", name, "link", "set", "lo", "up")
}

func ip(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// tunName is the device that leads to the other side.
const tunName = "far0"

// tun makes the device in the namespace. What is read from the file was sent there, what
// is written arrives there.
func tun(ctx context.Context, name, address, peer string) (*os.File, error) {
	type result struct {
		fd  int
		err error
	}
	made := make(chan result, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its namespace
		fd, err := openTun(name)
		made <- result{fd, err}
	}()
	r := <-made
	if r.err != nil {
		return nil, r.err
	}
	f := os.NewFile(uintptr(r.fd), "tun")
	err := ip(ctx, "-n", name, "addr", "add", address, "peer", peer, "dev", tunName)
	if err == nil {
		err = ip(ctx, "-n", name, "link", "set", tunName, "up", "mtu", "1400", "txqueuelen", "1000")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func openTun(namespace string) (int, error) {
	ns, err := os.Open(filepath.Join("/var/run/netns", namespace))
	if err != nil {
		return 0, err
	}
	defer ns.Close()
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return 0, fmt.Errorf("enter the network namespace: %w", err)
	}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	req, err := unix.NewIfreq(tunName)
	if err == nil {
		req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, req)
	}
	if err != nil {
		_ = unix.Close(fd)
		return 0, fmt.Errorf("make a network device: %w", err)
	}
	return fd, nil
}
