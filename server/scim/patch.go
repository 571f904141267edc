package scim

import (
	"net/http"
	"slices"
	"strings"
)

const patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

// maxOps is how many operations a PATCH may have.
const maxOps = 1000

// change is one operation on one attribute.
type change struct {
	op    string // add, replace or remove
	at    path
	value any
}

type patchBody struct {
	Schemas    []string
	Operations []struct {
		Op, Path string
		Value    any
	}
}

// readPatch reads a PATCH as a list of changes, one attribute each.
func readPatch(r *http.Request) ([]change, error) {
	var b patchBody
	if err := decode(r, &b); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(b.Schemas, func(s string) bool { return strings.EqualFold(s, patchSchema) }) || len(b.Operations) == 0 || len(b.Operations) > maxOps {
		return nil, errSyntax
	}
	var out []change
	for _, o := range b.Operations {
		op := strings.ToLower(o.Op)
		switch op {
		case "add", "replace", "remove":
		default:
			return nil, errSyntax
		}
		if o.Path != "" {
			at, err := parsePath(o.Path)
			if err != nil {
				return nil, err
			}
			if out, err = spread(out, op, at, o.Value); err != nil {
				return nil, err
			}
			continue
		}
		if op == "remove" {
			return nil, bad("noTarget", "A removal needs a path.")
		}
		more, err := changes(op, o.Value)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// changes reads an object of attributes. Its names may be paths, as Entra has them.
func changes(op string, v any) ([]change, error) {
	m, err := object(v)
	if err != nil {
		return nil, errSyntax
	}
	var out []change
	for _, name := range sorted(m) {
		at, err := parsePath(name)
		if err != nil {
			return nil, err
		}
		if out, err = spread(out, op, at, m[name]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// spread takes an object with parts of an attribute, or a whole extension, apart.
func spread(out []change, op string, at path, v any) ([]change, error) {
	whole := strings.HasPrefix(at.name, "urn:")
	if at.name == "name" && at.sub == "" && op != "remove" || whole {
		if whole && op == "remove" {
			return append(out, change{op, path{name: attrCompany}, nil}), nil
		}
		m, err := object(v)
		if err != nil {
			return nil, err
		}
		for _, k := range sorted(m) {
			part := path{name: at.name, sub: k}
			if whole {
				part = path{name: k}
			}
			out = append(out, change{op, part, m[k]})
		}
		return out, nil
	}
	return append(out, change{op, at, v}), nil
}

// sorted are the names of an object in a fixed order.
func sorted(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
