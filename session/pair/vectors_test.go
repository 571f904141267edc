package pair

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/gtank/ristretto255"

	"beside/internal/lv"
)

// vectors reads "name hex" lines.
func vectors(t *testing.T, file string) map[string][]byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, value, _ := strings.Cut(line, " ")
		if out[name], err = hex.DecodeString(value); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return out
}

func scalar(t *testing.T, b []byte) *ristretto255.Scalar {
	t.Helper()
	s, err := ristretto255.NewScalar().SetCanonicalBytes(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func same(t *testing.T, name string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Errorf("%s\n got %x\nwant %x", name, got, want)
	}
}

func TestDraftVectors(t *testing.T) {
	v := vectors(t, "draft21.txt")
	h := sha512.Sum512(generatorString(v["prs"], v["ci"], v["sid"]))
	same(t, "hash", h[:], v["hash"])
	g, err := generator(v["prs"], v["ci"], v["sid"])
	if err != nil {
		t.Fatal(err)
	}
	same(t, "g", g.Bytes(), v["g"])
	ya, yb := scalar(t, v["ya"]), scalar(t, v["yb"])
	same(t, "Ya", ristretto255.NewIdentityElement().ScalarMult(ya, g).Bytes(), v["Ya"])
	same(t, "Yb", ristretto255.NewIdentityElement().ScalarMult(yb, g).Bytes(), v["Yb"])
	for name, in := range map[string]struct {
		s *ristretto255.Scalar
		p []byte
		k string
	}{"initiator": {ya, v["Yb"], "K"}, "responder": {yb, v["Ya"], "K"}, "scalar_mult": {scalar(t, v["s"]), v["X"], "sX"}} {
		k, ok := shared(in.s, in.p)
		if !ok {
			t.Fatalf("%s: refused", name)
		}
		same(t, name, k, v[in.k])
	}
	for _, bad := range []string{"Yi1", "Yi2"} {
		if _, ok := shared(scalar(t, v["s"]), v[bad]); ok {
			t.Errorf("%s was not refused", bad)
		}
	}
	a, b := lv.Cat(v["Ya"], v["ada"]), lv.Cat(v["Yb"], v["adb"])
	tr := append(bytes.Clone(a), b...)
	same(t, "transcript", tr, v["transcript"])
	key := isk(v["sid"], v["K"], tr)
	same(t, "ISK", key, v["isk"])
	same(t, "Ta", tag(v["sid"], key, a), v["Ta"])
	same(t, "Tb", tag(v["sid"], key, b), v["Tb"])
}

func rep(b byte) (out [32]byte) {
	for i := range out {
		out[i] = b
	}
	return out
}

func besideContext() Context {
	return Context{
		Mode: "code", SessionGUID: "44444444-4444-4444-8444-444444444444", Origin: "https://help.contoso.example",
		AnchorID: sha256Of("anchor-public-key-placeholder-32"), Tenant: "11111111-1111-4111-8111-111111111111",
		HelperOID: "22222222-2222-4222-8222-222222222222", SharerOID: "33333333-3333-4333-8333-333333333333",
		NH: rep(0xa1), NS: rep(0xb2),
	}
}

func TestKnownAnswers(t *testing.T) {
	v, d := vectors(t, "beside.txt"), vectors(t, "draft21.txt")
	c := besideContext()
	lh := Local{Fingerprint: rep(0x0a), AppVersion: "1.0.0", Versions: []byte{1}}
	ls := Local{Fingerprint: rep(0x0b), AppVersion: "1.0.0", Versions: []byte{1}}
	sid := c.sid()
	same(t, "sid", sid[:], v["sid"])
	same(t, "CI", c.ci(), v["CI"])
	same(t, "ADa", lh.ad(Helper), v["ADa"])
	same(t, "ADb", ls.ad(Sharer), v["ADb"])
	g, err := generator([]byte("K7QX"), c.ci(), sid[:])
	if err != nil {
		t.Fatal(err)
	}
	same(t, "g", g.Bytes(), v["g"])
	hr, err := newRun(c, lh, "K7QX", Helper, scalar(t, d["ya"]))
	if err != nil {
		t.Fatal(err)
	}
	sr, err := newRun(c, ls, "K7QX", Sharer, scalar(t, d["yb"]))
	if err != nil {
		t.Fatal(err)
	}
	h, s := &HelperRun{hr}, &SharerRun{sr}
	same(t, "P1", hr.own, lv.Cat(v["Ya"], v["ADa"]))
	p2, err := s.Respond(hr.own)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "P2", p2, lv.Cat(v["Yb"], v["ADb"]))
	ta, err := h.Confirm(p2)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "ISK", hr.isk, v["ISK"])
	same(t, "Ta", ta, v["Ta"])
	tb, ks, err := s.Finish(ta)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "Tb", tb, v["Tb"])
	kh, err := h.Finish(tb)
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]*Keys{"helper": kh, "sharer": ks} {
		same(t, name+" TH", k.TH[:], v["TH"])
		same(t, name+" signal H->S", k.key("signal helper->sharer"), v["signal_hs"])
		same(t, name+" signal S->H", k.key("signal sharer->helper"), v["signal_sh"])
		same(t, name+" hello helper", k.key("hello helper"), v["hello_helper"])
		same(t, name+" hello sharer", k.key("hello sharer"), v["hello_sharer"])
		rk := k.Reconnect()
		same(t, name+" reconnect", rk[:], v["reconnect"])
		same(t, name+" hello MAC", k.Hello(Helper), v["helloMAC_A"])
	}
}
