package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"beside/server/manage"
	"beside/server/secret"
)

// envPrefix begins the names of environment variables that stand for flags: BESIDE_CLIENT_ID is -client-id.
const envPrefix = "BESIDE_"

// Where a setting came from, the strongest first.
const (
	fromFlag    = "flag"
	fromEnv     = "environment"
	fromFile    = "file"
	fromBuiltIn = "built in"
)

func envName(name string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// settle gives each flag that was not given the value of the environment, or else of the file that
// -config names, and returns where each came from. Everything that is wrong is in the one error.
func settle(fs *flag.FlagSet, env func(string) string, path *string) (map[string]string, error) {
	from, given := map[string]string{}, map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["config"] {
		*path = env(envName("config"))
	}
	var wrong faults
	file, err := readConfig(*path)
	wrong.add(err)
	for name := range file {
		if fs.Lookup(name) == nil || name == "config" {
			wrong.add(fmt.Errorf("%s: there is no setting %.64q", *path, name))
		}
	}
	fs.VisitAll(func(f *flag.Flag) {
		from[f.Name] = fromBuiltIn
		set := func(where, named string, values ...string) {
			from[f.Name] = where
			for _, v := range values {
				if err := fs.Set(f.Name, v); err != nil {
					wrong.add(fmt.Errorf("%s: %w", named, err))
				}
			}
		}
		switch values, listed := file[f.Name]; {
		case given[f.Name]:
			from[f.Name] = fromFlag
		case f.Name == "config":
		case env(envName(f.Name)) != "":
			set(fromEnv, envName(f.Name), env(envName(f.Name)))
		case listed:
			set(fromFile, *path+": "+f.Name, values...)
		}
	})
	return from, wrong.err()
}

// notSettings are variables of the same prefix that mean something to others: the service file.
var notSettings = []string{"BESIDE_OPTIONS"}

// strange are the variables that look like settings and are none: a slip of the pen, mostly.
func strange(fs *flag.FlagSet, environ []string) []string {
	known := slices.Clone(notSettings)
	fs.VisitAll(func(f *flag.Flag) { known = append(known, envName(f.Name)) })
	var out []string
	for _, e := range environ {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, envPrefix) && !slices.Contains(known, name) {
			out = append(out, name)
		}
	}
	return out
}

// readConfig reads lines of the form name = value, where name is a flag's. A line that begins with # is a
// comment. A name may stand several times where its flag may. Without a path there is nothing.
func readConfig(path string) (map[string][]string, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // no file is no settings
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("-config: %w", err)
	}
	return parseConfig(path, string(b))
}

func parseConfig(path, text string) (map[string][]string, error) {
	out := map[string][]string{}
	var wrong faults
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if name = strings.TrimPrefix(strings.TrimSpace(name), "-"); !ok || name == "" {
			wrong.add(fmt.Errorf("%s:%d: a line is name = value", path, n))
			continue
		}
		out[name] = append(out[name], strings.TrimSpace(value))
	}
	return out, wrong.err()
}

// faults are everything that is wrong with the configuration. The zero value is nothing.
type faults struct{ list []string }

// add adds an error; those of other faults one by one.
func (f *faults) add(err error) {
	var more *faultsError
	switch {
	case err == nil:
	case errors.As(err, &more):
		f.list = append(f.list, more.list...)
	default:
		f.list = append(f.list, strings.TrimPrefix(err.Error(), manage.ErrUsage.Error()+": "))
	}
}

// when adds words if they are true.
func (f *faults) when(is bool, words string) {
	if is {
		f.list = append(f.list, words)
	}
}

// err is nil, or a *faultsError with what was added.
func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	return &faultsError{slices.Clone(f.list)}
}

// faultsError is a manage.ErrUsage: starting again does not help.
type faultsError struct{ list []string }

// Error implements error.
func (f *faultsError) Error() string {
	return "the configuration is wrong:\n  " + strings.Join(f.list, "\n  ")
}

// Unwrap implements errors.
func (*faultsError) Unwrap() error { return manage.ErrUsage }

// show writes every setting with its value and where it came from.
func show(w io.Writer, fs *flag.FlagSet, from map[string]string) {
	fs.VisitAll(func(f *flag.Flag) {
		value := f.Value.String()
		if u, err := url.Parse(value); err == nil && u.User != nil { // a password may be in it
			value = u.Redacted()
		}
		fmt.Fprintf(w, "%-20s %-12s %s\n", f.Name, from[f.Name], value)
	})
}

// secretFile reads a file that only its owner may read. No error holds what is in it.
func secretFile(flag, path string) (string, error) {
	b, err := secret.Read(path)
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w", manage.ErrUsage, flag, err)
	}
	return strings.TrimSpace(string(b)), nil
}
