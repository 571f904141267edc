package scim

import (
	"encoding/json"
	"strings"
)

// The schemas of resources.
const (
	schemaUser       = "urn:ietf:params:scim:schemas:core:2.0:User"
	schemaGroup      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	schemaEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// attrCompany is where the enterprise extension has the organisation.
const attrCompany = "organization"

// unknown is the name of every attribute of an extension that is not known.
const unknown = "-"

const (
	maxPath  = 2048
	maxTerms = 8
)

// path names an attribute, all of it in lower case but the value of a filter.
type path struct {
	name string // of the attribute
	sub  string // of a part of it, "" for all
	term *term  // chooses among several values
}

// term is attribute eq value.
type term struct {
	attr  path
	value any // string, bool or nil
}

// parsePath reads [schema:]attribute[filter].sub, of which filter and sub may be missing.
func parsePath(s string) (path, error) {
	p, rest, err := scanPath(s)
	if err != nil || rest != "" {
		return path{}, errPath
	}
	return p, nil
}

// scanPath reads a path from the beginning of s.
func scanPath(s string) (p path, rest string, err error) {
	if len(s) > maxPath {
		return path{}, "", errPath
	}
	low := strings.ToLower(s)
	for _, schema := range []string{schemaUser, schemaGroup, schemaEnterprise} {
		if after, ok := strings.CutPrefix(low, strings.ToLower(schema)); ok && (after == "" || after[0] == ':') {
			if after == "" {
				return path{name: strings.ToLower(schema)}, "", nil
			}
			s = s[len(schema)+1:]
			break
		}
	}
	if strings.HasPrefix(low, "urn:") && len(s) == len(low) { // of an extension that is not known
		end := strings.IndexAny(s, " ]")
		if end < 0 {
			end = len(s)
		}
		return path{name: unknown}, s[end:], nil
	}
	p.name, s = scanName(s)
	if p.name == "" {
		return path{}, "", errPath
	}
	if strings.HasPrefix(s, "[") {
		terms, after, err := scanTerms(s[1:])
		if err != nil || len(terms) != 1 || !strings.HasPrefix(after, "]") {
			return path{}, "", errPath
		}
		p.term, s = &terms[0], after[1:]
	}
	if strings.HasPrefix(s, ".") {
		if p.sub, s = scanName(s[1:]); p.sub == "" {
			return path{}, "", errPath
		}
	}
	return p, s, nil
}

// scanName reads an attribute name, in lower case.
func scanName(s string) (name, rest string) {
	i := 0
	for i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z' || i > 0 && (s[i] >= '0' && s[i] <= '9' || s[i] == '_' || s[i] == '-') || s[i] == '$') {
		i++
	}
	return strings.ToLower(s[:i]), s[i:]
}

// parseFilter reads terms that are joined by and.
func parseFilter(s string) ([]term, error) {
	terms, rest, err := scanTerms(s)
	if err != nil || strings.TrimSpace(rest) != "" {
		return nil, errFilter
	}
	return terms, nil
}

func scanTerms(s string) (terms []term, rest string, err error) {
	for {
		if len(terms) == maxTerms {
			return nil, "", errFilter
		}
		var t term
		if t.attr, s, err = scanPath(strings.TrimLeft(s, " ")); err != nil {
			return nil, "", errFilter
		}
		op, after := word(s)
		if op != "eq" {
			return nil, "", errFilter
		}
		if t.value, s, err = scanValue(after); err != nil {
			return nil, "", err
		}
		terms = append(terms, t)
		op, after = word(s)
		if op != "and" {
			return terms, s, nil
		}
		s = after
	}
}

// word reads a word between spaces, in lower case.
func word(s string) (w, rest string) {
	trimmed := strings.TrimLeft(s, " ")
	if len(trimmed) == len(s) {
		return "", s
	}
	w, rest = scanName(trimmed)
	if !strings.HasPrefix(rest, " ") {
		return "", s
	}
	return w, rest
}

// scanValue reads text as JSON has it, true, false or null.
func scanValue(s string) (v any, rest string, err error) {
	s = strings.TrimLeft(s, " ")
	if !strings.HasPrefix(s, `"`) {
		w, after := scanName(s)
		switch w {
		case "true", "false":
			return w == "true", after, nil
		case "null":
			return nil, after, nil
		}
		return nil, "", errFilter
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			var text string
			if json.Unmarshal([]byte(s[:i+1]), &text) != nil {
				return nil, "", errFilter
			}
			return text, s[i+1:], nil
		}
	}
	return nil, "", errFilter
}
