package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// layer is what one source says.
type layer struct {
	values   map[Key]string
	defaults map[Key]string // "defaults" of managed policy
}

// defaultsKey is the object in a policy file whose values a person may change.
const defaultsKey = "defaults"

// maxText is the largest file, in bytes.
const maxText = 64 << 10

// place is where a setting stands.
type place uint8

const (
	inOwn      place = iota // a person's file
	inPolicy                // managed policy
	inDefaults              // "defaults" of managed policy
)

// decode reads one file: a flat JSON object of settings, which in managed policy may have defaults.
// Everything wrong in it is reported to bad.
func decode(text []byte, at place, bad func(error)) layer {
	l := layer{values: map[Key]string{}, defaults: map[Key]string{}}
	if len(text) > maxText {
		bad(fmt.Errorf("is larger than %d KiB", maxText>>10))
		return l
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // some editors' mark
	d := json.NewDecoder(bytes.NewReader(text))
	if err := object(d, func(name string) error {
		if name != defaultsKey || at != inPolicy {
			return take(d, name, l.values, at, bad)
		}
		return object(d, func(name string) error { return take(d, name, l.defaults, inDefaults, bad) })
	}); err != nil {
		bad(err)
		return l
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		bad(errors.New("has something after its object"))
	}
	return l
}

// object reads an object and calls each for every name, which reads the value. A name that stands
// twice is an error: readers differ about which one counts.
func object(d *json.Decoder, each func(name string) error) error {
	t, err := d.Token()
	if err != nil {
		return notJSON(err)
	}
	if t != json.Delim('{') {
		return errors.New("is not a JSON object of settings")
	}
	seen := map[string]bool{}
	for d.More() {
		n, err := d.Token()
		if err != nil {
			return notJSON(err)
		}
		name, ok := n.(string)
		if !ok {
			return errors.New("is not a JSON object of settings")
		}
		if seen[name] {
			return fmt.Errorf("%s stands twice", quote(name))
		}
		seen[name] = true
		if err := each(name); err != nil {
			return err
		}
	}
	if _, err = d.Token(); err != nil {
		return notJSON(err)
	}
	return nil
}

// take reads one value into to. The error it returns is of the JSON; what is wrong with the value
// goes to bad, and the reading goes on.
func take(d *json.Decoder, name string, to map[Key]string, at place, bad func(error)) error {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return notJSON(err)
	}
	s := find(Key(name))
	switch {
	case s == nil:
		bad(fmt.Errorf("%s is no setting", quote(name)))
		return nil
	case s.managed && at != inPolicy, s.list && at == inDefaults:
		bad(fmt.Errorf("%s cannot be set here: only managed policy has it, and not as a default", name))
		return nil
	}
	v, err := s.text(raw)
	if err == nil {
		err = s.valid(v)
	}
	if err != nil {
		bad(fmt.Errorf("%s %w", name, err))
		return nil
	}
	to[s.key] = v
	return nil
}

// text is the value as one string: the words of a list with one space between them.
func (s *spec) text(raw json.RawMessage) (string, error) {
	switch {
	case s.list:
		var words []string
		if json.Unmarshal(raw, &words) != nil || words == nil {
			return "", errors.New("is not a list of words")
		}
		for _, w := range words {
			if w == "" || strings.ContainsAny(w, " \t\r\n") {
				return "", errors.New("has an entry that is not one word")
			}
		}
		return strings.Join(words, " "), nil
	case s.boolean:
		var b *bool
		if json.Unmarshal(raw, &b) != nil || b == nil {
			return "", errors.New("is not true or false")
		}
		return fmt.Sprint(*b), nil
	}
	var v *string
	if json.Unmarshal(raw, &v) != nil || v == nil {
		return "", errors.New("is not a text in quotes")
	}
	return *v, nil
}

// notJSON says where the reading stopped, without repeating what is in the file.
func notJSON(err error) error {
	var s *json.SyntaxError
	switch {
	case errors.As(err, &s):
		return fmt.Errorf("is not JSON: %w (byte %d)", err, s.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("is empty or ends too early")
	}
	return fmt.Errorf("is not JSON: %w", err)
}

// quote makes a hostile name harmless.
func quote(s string) string {
	if len(s) > 40 {
		s = strings.ToValidUTF8(s[:40], "") + "…"
	}
	return fmt.Sprintf("%+q", s)
}
