package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

// module is one that is linked in.
type module struct {
	path, version, dir string
	names              []string // of its licences
	texts              [][]byte
}

func run(args []string, out io.Writer) error {
	f := flag.NewFlagSet("licences", flag.ContinueOnError)
	short := f.Bool("short", false, "names only, no texts")
	extra := f.String("extra", "", "comma-separated NAME=FILE of what is not a module")
	if err := f.Parse(args); err != nil {
		return err
	}
	mods, err := linked(f.Args())
	if err != nil {
		return err
	}
	for pair := range strings.SplitSeq(*extra, ",") {
		if name, file, ok := strings.Cut(pair, "="); ok {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			mods = append(mods, &module{path: name, names: []string{classify(text)}, texts: [][]byte{text}})
		}
	}
	var bad []error
	for _, m := range mods {
		if len(m.texts) == 0 {
			bad = append(bad, fmt.Errorf("%s has no licence file", m.path))
		}
		if slices.Contains(m.names, "") {
			bad = append(bad, fmt.Errorf("%s has a licence that is not known here", m.path))
		}
		fmt.Fprintf(out, "%-60s %s\n", strings.TrimSpace(m.path+" "+m.version), strings.Join(m.names, ", "))
	}
	if *short {
		return errors.Join(bad...)
	}
	for _, m := range mods {
		for _, t := range m.texts {
			fmt.Fprintf(out, "\n%s\n%s %s\n\n%s\n", strings.Repeat("-", 80), m.path, m.version, bytes.TrimSpace(bytes.ReplaceAll(t, []byte("\r\n"), []byte("\n"))))
		}
	}
	return errors.Join(bad...)
}

// linked asks the go command which modules the programs are made of.
func linked(programs []string) ([]*module, error) {
	cmd := exec.Command("go", append([]string{"list", "-deps", "-json=Dir,Standard,Module"}, programs...)...)
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	found := map[string]*module{}
	for d := json.NewDecoder(bytes.NewReader(text)); ; {
		var p struct {
			Dir      string
			Standard bool
			Module   *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Standard || p.Module == nil || p.Module.Main {
			continue
		}
		m := found[p.Module.Path]
		if m == nil {
			m = &module{path: p.Module.Path, version: p.Module.Version, dir: p.Module.Dir}
			found[m.path] = m
			if err := m.read(m.dir); err != nil {
				return nil, err
			}
		}
		// A package below may have a licence of its own.
		for dir := p.Dir; len(dir) > len(m.dir); dir = filepath.Dir(dir) {
			if err := m.read(dir); err != nil {
				return nil, err
			}
		}
	}
	all := make([]*module, 0, len(found))
	for _, m := range found {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *module) int { return strings.Compare(a.path, b.path) })
	return all, nil
}

// read takes the licence files of one folder.
func (m *module) read(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		isLicence := strings.HasPrefix(name, "LICENSE") || strings.HasPrefix(name, "LICENCE") || strings.HasPrefix(name, "COPYING") || strings.HasPrefix(name, "UNLICENSE")
		isNotice := strings.HasPrefix(name, "NOTICE")
		if e.IsDir() || !isLicence && !isNotice || strings.HasSuffix(name, ".GO") || strings.HasSuffix(name, "-LOGO") { // a project's logo is not linked in
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		if slices.ContainsFunc(m.texts, func(t []byte) bool { return bytes.Equal(t, text) }) {
			continue
		}
		m.texts = append(m.texts, text)
		if isLicence {
			if n := classify(text); !slices.Contains(m.names, n) {
				m.names = append(m.names, n)
			}
		}
	}
	return nil
}

// known are phrases that only one licence has, the more telling first.
var known = []struct{ name, phrase string }{
	{"Apache-2.0", "Apache License Version 2.0"},
	{"MPL-2.0", "Mozilla Public License Version 2.0"},
	{"MPL-2.0", "Mozilla Public License, version 2.0"},
	{"OFL-1.1", "SIL OPEN FONT LICENSE"},
	{"LGPL", "GNU LESSER GENERAL PUBLIC LICENSE"},
	{"AGPL", "GNU AFFERO GENERAL PUBLIC LICENSE"},
	{"GPL", "GNU GENERAL PUBLIC LICENSE"},
	{"Unlicense", "This is free and unencumbered software released into the public domain"},
	{"CC0-1.0", "CC0 1.0 Universal"},
	{"BSD-3-Clause", "Neither the name"},
	{"BSD-3-Clause", "names of its contributors may be used to endorse"},
	{"BSD-2-Clause", "Redistributions in binary form must reproduce"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software"},
	{"ISC", "Permission to use, copy, modify, and distribute this software"},
	{"MIT", "Permission is hereby granted, free of charge"},
	{"Zlib", "This software is provided 'as-is', without any express or implied warranty"},
	{"public domain", "dedicated to the public domain"},
}

// classify names a licence, "" if it is not known.
func classify(text []byte) string {
	flat := strings.ToLower(strings.Join(strings.Fields(string(text)), " "))
	for _, k := range known {
		if strings.Contains(flat, strings.ToLower(k.phrase)) {
			return k.name
		}
	}
	return ""
}
