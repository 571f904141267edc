package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows/registry"
)

// policyKey is where Group Policy and Intune put policy for the whole device; only administrators
// can write below it. The settings have the names of their flags; "defaults" is a key below it.
const policyKey = `Software\Policies\Beside`

// System is this platform's managed policy: policyKey of the local machine.
func System() Policy {
	return func() ([]Text, Problems) {
		values, found, bad := readKey(policyKey)
		defaults, below, more := readKey(policyKey + `\` + defaultsKey)
		if bad = append(bad, more...); len(bad) > 0 || !found {
			return nil, bad
		}
		if below {
			values[defaultsKey] = defaults
		}
		text, err := json.Marshal(values)
		if err != nil {
			return nil, Problems{{policyKey, err}}
		}
		return []Text{{`HKEY_LOCAL_MACHINE\` + policyKey, text}}, nil
	}
}

// readKey reads the values of one key as JSON has them.
func readKey(path string) (values map[string]any, found bool, bad Problems) {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE)
	if errors.Is(err, registry.ErrNotExist) {
		return nil, false, nil
	}
	where := `HKEY_LOCAL_MACHINE\` + path
	if err != nil {
		return nil, false, Problems{{where, err}}
	}
	defer k.Close()
	names, err := k.ReadValueNames(0)
	if err != nil {
		return nil, false, Problems{{where, err}}
	}
	values = map[string]any{}
	for _, name := range names {
		v, err := readValue(k, name)
		if err != nil {
			bad = append(bad, Problem{where, fmt.Errorf("%s %w", quote(name), err)})
			continue
		}
		values[name] = v
	}
	return values, true, bad
}

// readValue reads one value of a type that a setting can have.
func readValue(k registry.Key, name string) (any, error) {
	_, kind, err := k.GetValue(name, nil)
	if err != nil {
		return nil, err
	}
	switch kind {
	case registry.SZ:
		v, _, err := k.GetStringValue(name)
		return v, err
	case registry.MULTI_SZ:
		v, _, err := k.GetStringsValue(name)
		if v == nil {
			v = []string{}
		}
		return v, err
	case registry.DWORD:
		v, _, err := k.GetIntegerValue(name)
		if err == nil && v > 1 {
			err = errors.New("is neither 0 nor 1")
		}
		return v == 1, err
	}
	return nil, errors.New("is not REG_SZ, REG_MULTI_SZ or REG_DWORD")
}

// openFile opens for reading.
func openFile(path string) (*os.File, error) { return os.Open(path) }

// Dir is for the platforms whose managed policy is files.
func Dir(path string, _ uint32) Policy {
	return func() ([]Text, Problems) {
		return nil, Problems{{path, errors.New("policy files are not read on this platform: policy is in the registry")}}
	}
}
