package scim

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is how many characters a text may have.
const maxText = 256

// text reads a text that people will see or that is compared: nothing that controls a display, and
// not so long that it fills one. null is no text.
func text(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	s, ok := v.(string)
	if !ok || utf8.RuneCountInString(s) > maxText || strings.ContainsFunc(s, hidden) {
		return "", errValue
	}
	return strings.TrimSpace(s), nil
}

// hidden are control characters, those that turn text around, and what stands for broken UTF-8.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == utf8.RuneError
}

// boolean reads true and false, also as text, as Entra sends them.
func boolean(v any) (bool, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		switch strings.ToLower(v) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	}
	return false, errValue
}

// object reads an object; the names of its members in lower case. A name that stands twice in
// different cases is refused.
func object(v any) (map[string]any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errValue
	}
	out := make(map[string]any, len(m))
	for k, v := range m {
		low := strings.ToLower(k)
		if _, twice := out[low]; twice {
			return nil, errValue
		}
		out[low] = v
	}
	return out, nil
}

// values reads one value or a list of them.
func values(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// memberIDs reads the ids of members: [{"value": id}], and also ids by themselves.
func memberIDs(v any) ([]string, error) {
	list := values(v)
	seen := make(map[string]bool, len(list))
	out := make([]string, 0, len(list))
	for _, x := range list {
		if m, err := object(x); err == nil {
			x = m["value"]
		}
		id, ok := x.(string)
		if !ok || id == "" || len(id) > maxText || strings.ContainsFunc(id, hidden) {
			return nil, errValue
		}
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out, nil
}
