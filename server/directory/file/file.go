package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/server/directory"
)

// poll is how often Run looks at the file.
const poll = time.Second

// Directory answers from the file. It is safe for concurrent use.
type Directory struct {
	path string

	mu      sync.Mutex
	stamp   stamp
	rev     uint64
	err     error // why there is no index
	tenants map[string]*index
}

type stamp struct {
	mod  time.Time
	size int64
}

type index struct {
	people  map[string]directory.Person
	devices map[string]directory.Device
	owned   map[string][]directory.Device
	groups  map[string]directory.Group
}

// Open reads the file. A file that is missing or makes no sense is an error here; later
// the directory is then unavailable until the file is right again.
func Open(path string) (*Directory, error) {
	d := &Directory{path: path}
	d.load()
	return d, d.err
}

// Run reads the file again whenever it changes, until ctx ends. It returns ctx's error.
// changed is called after every change, with the error if the file is not usable.
func (d *Directory) Run(ctx context.Context, changed func(error)) error {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if d.look() {
				d.mu.Lock()
				err := d.err
				d.mu.Unlock()
				changed(err)
			}
		}
	}
}

// Revision changes when the answers may have changed.
func (d *Directory) Revision() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rev
}

// look loads the file if it is not the one that was loaded.
func (d *Directory) look() bool {
	now, _ := statOf(d.path) // an unreadable file has the zero stamp
	d.mu.Lock()
	same := now == d.stamp
	d.mu.Unlock()
	if !same {
		d.load()
	}
	return !same
}

func statOf(path string) (stamp, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return stamp{}, err
	}
	return stamp{fi.ModTime(), fi.Size()}, nil
}

func (d *Directory) load() {
	at, err := statOf(d.path)
	var tenants map[string]*index
	if err == nil {
		tenants, err = read(d.path, at)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stamp, d.tenants, d.err = at, tenants, err
	d.rev++
}

func read(path string, at stamp) (map[string]*index, error) {
	if at.size > MaxSize {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrInvalid, MaxSize)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("directory file: %w", err)
	}
	data, err := Parse(b)
	if err != nil {
		return nil, err
	}
	tenants := make(map[string]*index, len(data.Tenants))
	for _, t := range data.Tenants {
		if tenants[t.ID], err = newIndex(filepath.Dir(path), t); err != nil {
			return nil, err
		}
	}
	return tenants, nil
}

func newIndex(dir string, t Tenant) (*index, error) {
	parents := map[string][]string{}
	for _, g := range t.Groups {
		parents[g.ID] = g.In
	}
	x := &index{people: map[string]directory.Person{}, devices: map[string]directory.Device{}, owned: map[string][]directory.Device{}, groups: map[string]directory.Group{}}
	for _, g := range t.Groups {
		x.groups[g.ID] = directory.Group{ID: g.ID, Name: g.Name}
	}
	for _, p := range t.People {
		photo, err := readPhoto(dir, p.Photo)
		if err != nil {
			return nil, err
		}
		card := api.Card{
			Object: p.OID, Name: p.Name, Given: p.Given, Family: p.Family, Job: p.Job,
			Company: p.Company, Domain: t.Domain, Photo: photo,
		}
		if card.Company == "" {
			card.Company = t.Company
		}
		x.people[p.OID] = directory.Person{Card: card, Person: policy.Person{
			Tenant: t.ID, Object: p.OID,
			Member: !p.Guest, Enabled: !p.Disabled, Groups: closure(parents, p.Groups), GroupsKnown: true,
		}}
	}
	for _, d := range t.Devices {
		dev := directory.Device{Name: d.Name, OS: d.OS, Seen: d.Seen, Device: policy.Device{
			ID: d.ID, Enrolled: d.Enrolled, Registered: d.Registered,
			State: policy.ParseDeviceState(d.State), Owner: d.Owner, Groups: closure(parents, d.Groups), GroupsKnown: true,
		}}
		x.devices[d.ID] = dev
		if d.Owner != "" {
			x.owned[d.Owner] = append(x.owned[d.Owner], dev)
		}
	}
	x.count()
	return x, nil
}

// closure adds the groups that groups are in. Circles are harmless.
func closure(parents map[string][]string, ids []string) []string {
	seen := map[string]bool{}
	var out []string
	for todo := ids; len(todo) > 0; {
		id := todo[0]
		todo = todo[1:]
		if seen[id] {
			continue
		}
		seen[id] = true
		out = append(out, id)
		todo = append(append([]string(nil), todo...), parents[id]...)
	}
	return out
}

func readPhoto(dir, name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("%w: photo %.60q is not beside it", ErrInvalid, name)
	}
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, fmt.Errorf("%w: photo: %w", ErrInvalid, err)
	}
	if !directory.IsPhoto(b) {
		return nil, fmt.Errorf("%w: photo %.60q is no PNG or JPEG of at most %d bytes", ErrInvalid, name, api.MaxPhoto)
	}
	return b, nil
}

func (d *Directory) tenant(id string) (*index, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return nil, fmt.Errorf("%w: %w", directory.ErrUnavailable, d.err)
	}
	if t := d.tenants[id]; t != nil {
		return t, nil
	}
	return nil, directory.ErrUnknown
}

// Person implements directory.Directory.
func (d *Directory) Person(_ context.Context, tenant, object string) (directory.Person, error) {
	t, err := d.tenant(tenant)
	if err != nil {
		return directory.Person{}, err
	}
	if p, ok := t.people[object]; ok {
		return p, nil
	}
	return directory.Person{}, directory.ErrUnknown
}

// Device implements directory.Directory.
func (d *Directory) Device(_ context.Context, tenant, id string) (directory.Device, error) {
	t, err := d.tenant(tenant)
	if err != nil {
		return directory.Device{}, err
	}
	if dev, ok := t.devices[id]; ok {
		return dev, nil
	}
	return directory.Device{}, directory.ErrUnknown
}

// DevicesOf implements directory.Directory.
func (d *Directory) DevicesOf(_ context.Context, tenant, owner string) ([]directory.Device, error) {
	t, err := d.tenant(tenant)
	if err != nil {
		return nil, err
	}
	return t.owned[owner], nil
}

// Write puts data into a file, whole or not at all, readable by its owner only.
func Write(path string, data Data) error {
	b, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return fmt.Errorf("directory file: %w", err)
	}
	if _, err := Parse(b); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".directory-*")
	if err != nil {
		return fmt.Errorf("directory file: %w", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("directory file: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
