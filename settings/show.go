package settings

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Show writes every value and where it came from, for people.
func (s *Settings) Show(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, k := range Keys() {
		v := s.Get(k)
		text := v.Text
		switch {
		case text == "" && k == Rights:
			text = "(none)"
		case text == "":
			text = "(not set)"
		case strings.ContainsFunc(text, func(r rune) bool { return r > '~' }):
			text = fmt.Sprintf("%+q", text)
		}
		from := v.From.Kind.String()
		if v.From.Where != "" {
			from += ", " + v.From.Where
		}
		if v.Locked {
			from += " (locked)"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", k, text, from)
		if v.Narrowed != "" {
			fmt.Fprintf(t, "\t\tnarrowed by %s\n", v.Narrowed)
		}
		for _, o := range v.Ignored {
			fmt.Fprintf(t, "\t\tnot used: %s, %s\n", o.Kind, o.Where)
		}
	}
	return t.Flush()
}
