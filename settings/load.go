package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"beside/policy"
)

// ErrInvalid is what every error of Load is.
var ErrInvalid = errors.New("settings are not valid")

// Problem is one thing that is wrong, and where.
type Problem struct {
	Where string // file, "flag -x" or "environment X"
	Err   error
}

// Problems is everything that is wrong, one line each.
type Problems []Problem

// Error gives one line for each.
func (p Problems) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v (%d)", ErrInvalid, len(p))
	for _, x := range p {
		fmt.Fprintf(&b, "\n  %s: %v", x.Where, x.Err)
	}
	return b.String()
}

// Is makes it ErrInvalid.
func (p Problems) Is(err error) bool { return err == ErrInvalid }

// Text is one piece of managed policy, a JSON object of settings.
type Text struct {
	Where string
	JSON  []byte
}

// A Policy reads managed policy, the weakest piece first. No policy is no error.
type Policy func() ([]Text, Problems)

// NoPolicy is a device that nobody manages.
func NoPolicy() ([]Text, Problems) { return nil, nil }

// Options are the sources.
type Options struct {
	Policy Policy                   // managed policy: System() in a release; nil reads none
	Own    string                   // the person's file; "" or a missing file is none
	Getenv func(name string) string // nil reads no environment
	Flags  map[Key]string           // flags that were given
}

// Kind is where a value comes from, the strongest last.
type Kind uint8

// Kinds.
const (
	BuiltIn Kind = iota
	ManagedDefault
	Own
	Environment
	Flag
	Managed
)

// String is for -show-config.
func (k Kind) String() string {
	return [...]string{"built in", "managed default", "own settings", "environment", "command line", "managed policy"}[k]
}

// Origin is a source of one value.
type Origin struct {
	Kind  Kind
	Where string // file, flag or variable; "" for what is built in
}

// Value is one setting in force. The words of a list have one space between them.
type Value struct {
	Key      Key
	Text     string
	From     Origin
	Locked   bool     // by managed policy: nobody else can change it
	Narrowed string   // the person's file, where it takes rights away
	Ignored  []Origin // what also names it, and lost; the strongest first
}

// Settings are the values in force. They do not change; they are safe for concurrent use.
type Settings struct{ values map[Key]Value }

// Get gives one value in force; the zero Value for an unknown key.
func (s *Settings) Get(k Key) Value { return s.values[k] }

// Text is Get(k).Text.
func (s *Settings) Text(k Key) string { return s.values[k].Text }

// Rights is the device's ceiling. A nil Settings allows nothing.
func (s *Settings) Rights() policy.Right {
	if s == nil {
		return 0
	}
	r, ok := policy.ParseRights(strings.Fields(s.values[Rights].Text))
	if !ok {
		return 0
	}
	return r
}

// InjectedConsent says whether managed policy lets an Allow count of which the platform cannot tell
// that a person pressed it.
func (s *Settings) InjectedConsent() bool {
	return s != nil && s.values[InjectedConsent].Text == "true"
}

// builtIn are the values that nobody set.
var builtIn = map[Key]string{
	Rights:          "view control",
	InjectedConsent: "false",
}

// Load reads all sources. Its error is a Problems with everything that is wrong in any of them;
// then there are no settings.
func Load(o Options) (*Settings, error) {
	r := resolver{said: map[Key][]said{}}
	for k, v := range builtIn {
		r.say(k, v, Origin{BuiltIn, ""})
	}
	if o.Policy != nil {
		r.policy(o.Policy)
	}
	r.own(o.Own)
	for _, s := range specs {
		if s.env == "" || o.Getenv == nil {
			continue
		}
		if v := o.Getenv(s.env); v != "" {
			r.check(&s, v, Origin{Environment, "environment " + s.env})
		}
	}
	for _, k := range Keys() {
		if v, ok := o.Flags[k]; ok && FromFlag(k) {
			r.check(find(k), v, Origin{Flag, "flag -" + string(k)})
		}
	}
	if len(r.bad) > 0 {
		return nil, r.bad
	}
	return r.settle(), nil
}

// said is what one source says of a key.
type said struct {
	text string
	from Origin
}

// resolver collects what all sources say.
type resolver struct {
	said map[Key][]said
	bad  Problems
}

func (r *resolver) say(k Key, v string, from Origin) { r.said[k] = append(r.said[k], said{v, from}) }

func (r *resolver) check(s *spec, v string, from Origin) {
	if err := s.valid(v); err != nil {
		r.bad = append(r.bad, Problem{from.Where, err})
		return
	}
	r.say(s.key, v, from)
}

// policy reads managed policy.
func (r *resolver) policy(read Policy) {
	texts, bad := read()
	r.bad = append(r.bad, bad...)
	for _, t := range texts {
		l := decode(t.JSON, inPolicy, func(err error) { r.bad = append(r.bad, Problem{t.Where, err}) })
		for k, v := range l.values {
			r.say(k, v, Origin{Managed, t.Where})
		}
		for k, v := range l.defaults {
			r.say(k, v, Origin{ManagedDefault, t.Where})
		}
	}
}

// own reads the person's file.
func (r *resolver) own(path string) {
	if path == "" {
		return
	}
	text, err := readRegular(path, nil)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err != nil:
		r.bad = append(r.bad, Problem{path, err})
		return
	}
	l := decode(text, inOwn, func(err error) { r.bad = append(r.bad, Problem{path, err}) })
	for k, v := range l.values {
		r.say(k, v, Origin{Own, path})
	}
}

// settle picks for every key the strongest source, and among files the later.
func (r *resolver) settle() *Settings {
	s := &Settings{values: map[Key]Value{}}
	for _, k := range Keys() {
		all := r.said[k]
		slices.SortStableFunc(all, func(a, b said) int { return int(a.from.Kind) - int(b.from.Kind) })
		v := Value{Key: k}
		if k == Rights {
			all, v.Narrowed = narrow(all)
		}
		for i := len(all) - 1; i >= 0; i-- {
			if i == len(all)-1 {
				v.Text, v.From, v.Locked = all[i].text, all[i].from, all[i].from.Kind == Managed
			} else if all[i].from.Kind != BuiltIn {
				v.Ignored = append(v.Ignored, all[i].from)
			}
		}
		s.values[k] = v
	}
	return s
}

// narrow lets the person's own list take rights from the strongest other one, and no more.
func narrow(all []said) (rest []said, by string) {
	i := slices.IndexFunc(all, func(s said) bool { return s.from.Kind == Own })
	if i < 0 {
		return all, ""
	}
	own := all[i]
	rest = slices.Delete(slices.Clone(all), i, i+1)
	top := &rest[len(rest)-1] // what is built in is always there
	most, _ := policy.ParseRights(strings.Fields(top.text))
	mine, _ := policy.ParseRights(strings.Fields(own.text))
	if policy.Meet(most, mine) == most {
		return rest, ""
	}
	top.text = strings.Join(policy.Meet(most, mine).Names(), " ")
	return rest, own.from.Where
}

// readRegular reads a regular file that is not too large. A pipe or device put in its place neither
// blocks nor is read. ok, if not nil, says what else is wrong with the opened file.
func readRegular(path string, ok func(fs.FileInfo) error) ([]byte, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, plain(err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, plain(err)
	}
	if !fi.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	if ok != nil {
		if err := ok(fi); err != nil {
			return nil, err
		}
	}
	text := make([]byte, maxText+1)
	n := 0
	for n < len(text) {
		m, err := f.Read(text[n:])
		if n += m; err != nil || m == 0 {
			break
		}
	}
	return text[:n], nil
}

// plain drops the path from an error; the problem has it already.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
