package rendezvous_test

import (
	"path/filepath"
	"strconv"
	"testing"

	"beside/server/rendezvous"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

// BenchmarkOpenAndClaim makes a code and takes it, on a store on disk, each time for two others.
func BenchmarkOpenAndClaim(b *testing.B) {
	clock := storetest.NewClock()
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "x.db"), clock.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.For(storetest.A).SetUp(b.Context()); err != nil {
		b.Fatal(err)
	}
	d := rendezvous.New(rendezvous.Options{Store: s, Now: clock.Now})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		n := strconv.Itoa(i)
		c, _, err := d.Open(b.Context(), storetest.A, "h"+n, "n", []byte{1})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.Claim(b.Context(), storetest.A, "s"+n, "ip"+n, c.Locator); err != nil {
			b.Fatal(err)
		}
	}
}
