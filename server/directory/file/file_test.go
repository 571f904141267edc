package file_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beside/policy"
	"beside/policy/api"
	"beside/server/directory"
	"beside/server/directory/demo"
	"beside/server/directory/directorytest"
	"beside/server/directory/file"
)

func demoDir(t *testing.T) (*file.Directory, string) {
	path := filepath.Join(t.TempDir(), "directory.json")
	if err := file.Write(path, demo.Data(policy.StateCompliant)); err != nil {
		t.Fatal(err)
	}
	d, err := file.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return d, path
}

func TestContract(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.json")
	if err := file.Write(path, directorytest.Data()); err != nil {
		t.Fatal(err)
	}
	d, err := file.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	directorytest.Run(t, d)
	if x, err := d.Device(t.Context(), demo.Tenant, demo.DeviceLena); err != nil || !x.Seen.Equal(directorytest.Heard()) {
		t.Errorf("last heard of %v %v", x.Seen, err)
	}
}

func TestChangeAndBreak(t *testing.T) {
	d, path := demoDir(t)
	synctest.Test(t, func(t *testing.T) {
		changes := make(chan error)
		go d.Run(t.Context(), func(err error) { changes <- err })
		rev := d.Revision()
		data := demo.Data(policy.StateNotCompliant)
		data.Tenants[0].Devices[0].Name = "renamed, so that the size differs"
		if err := file.Write(path, data); err != nil {
			t.Fatal(err)
		}
		if err := <-changes; err != nil || d.Revision() == rev {
			t.Fatalf("change: %v", err)
		}
		if dev, err := d.Device(t.Context(), demo.Tenant, demo.DeviceSam); err != nil || dev.State != policy.StateNotCompliant {
			t.Errorf("%+v %v", dev, err)
		}
		if err := os.WriteFile(path, []byte(`{"tenants":[`), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := <-changes; !errors.Is(err, file.ErrInvalid) {
			t.Fatalf("broken: %v", err)
		}
		if _, err := d.Person(t.Context(), demo.Tenant, demo.Sam); !errors.Is(err, directory.ErrUnavailable) {
			t.Errorf("a broken file answers: %v", err)
		}
		if _, _, err := directory.Assess(t.Context(), d, demo.Tenant, demo.Sam, api.DeviceEvidence{ID: demo.DeviceSam}, "", ""); !errors.Is(err, directory.ErrUnavailable) {
			t.Errorf("assess: %v", err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := <-changes; !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("gone: %v", err)
		}
	})
	_ = time.Second
}

func TestParseRefuses(t *testing.T) {
	if _, err := file.Open(filepath.Join(t.TempDir(), "none.json")); err == nil {
		t.Error("a missing file opens")
	}
	good, err := json.Marshal(demo.Data(policy.StateCompliant))
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, new string) []byte {
		if !bytes.Contains(good, []byte(old)) {
			t.Fatalf("the demo has no %s", old)
		}
		return bytes.Replace(good, []byte(old), []byte(new), 1)
	}
	for name, b := range map[string][]byte{
		"empty": nil, "null then more": []byte("{}{}"), "not an object": []byte("[]"),
		"unknown member": edit(`"company"`, `"compny"`),
		"bad guid":       edit(demo.Tenant, "10000000"),
		"upper guid":     edit(demo.Sam, strings.ToUpper(demo.Sam)),
		"twice":          edit(demo.Kit, demo.Noa),
		"no such group":  edit(`"in":["`+demo.GroupStaff, `"in":["`+demo.OtherDesk),
		"no such owner":  edit(`"owner":"`+demo.Sam, `"owner":"`+demo.OtherSharer),
		"bad state":      edit(`"state":"compliant"`, `"state":"fine"`),
		"long name":      edit("Noa Winters", strings.Repeat("x", 129)),
	} {
		if _, err := file.Parse(b); !errors.Is(err, file.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPhoto(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"ok.png": "\x89PNG\r\n\x1a\nxx", "text.png": "hello", "big.jpg": "\xff\xd8\xff" + strings.Repeat("x", api.MaxPhoto)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, ok := range map[string]bool{"ok.png": true, "text.png": false, "big.jpg": false, "none.png": false, "../ok.png": false} {
		data := demo.Data(policy.StateCompliant)
		data.Tenants[0].People[0].Photo = name
		path := filepath.Join(dir, "directory.json")
		if err := file.Write(path, data); err != nil {
			t.Fatal(err)
		}
		d, err := file.Open(path)
		if (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
		if p, _ := d.Person(t.Context(), demo.Tenant, demo.Noa); ok && len(p.Card.Photo) == 0 {
			t.Errorf("%s: no photo", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	good, _ := json.Marshal(demo.Data(policy.StateCompliant))
	f.Add(good)
	f.Add([]byte(`{"tenants":[{"id":"10000000-0000-4000-8000-000000000001","groups":[{"id":"10000000-0000-4000-8000-000000000001","in":["10000000-0000-4000-8000-000000000001"]}]}]}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := file.Parse(b); err != nil && !errors.Is(err, file.ErrInvalid) {
			t.Error(err)
		}
	})
}
