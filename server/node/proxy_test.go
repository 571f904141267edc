package node

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestBehindProxy(t *testing.T) {
	ours := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::1/128")}
	for name, tt := range map[string]struct {
		proxies []netip.Prefix
		from    string
		header  []string
		want    string
	}{
		"no proxies":         {nil, "10.0.0.1:1", []string{"203.0.113.9"}, "10.0.0.1:1"},
		"a stranger says so": {ours, "198.51.100.7:1", []string{"203.0.113.9"}, "198.51.100.7:1"},
		"by the proxy":       {ours, "10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9:0"},
		"by two":             {ours, "10.0.0.1:1", []string{"203.0.113.9, 10.2.3.4"}, "203.0.113.9:0"},
		"invented before":    {ours, "10.0.0.1:1", []string{"1.1.1.1, 203.0.113.9"}, "203.0.113.9:0"},
		"two headers":        {ours, "10.0.0.1:1", []string{"1.1.1.1", "203.0.113.9"}, "203.0.113.9:0"},
		"IPv6":               {ours, "[2001:db8::1]:1", []string{"2001:db8:2::9"}, "[2001:db8:2::9]:0"},
		"mapped":             {ours, "[::ffff:10.0.0.1]:1", []string{"::ffff:203.0.113.9"}, "203.0.113.9:0"},
		"only proxies":       {ours, "10.0.0.1:1", []string{"10.0.0.2"}, "10.0.0.1:1"},
		"nonsense":           {ours, "10.0.0.1:1", []string{"203.0.113.9, x"}, "10.0.0.1:1"},
		"nothing":            {ours, "10.0.0.1:1", nil, "10.0.0.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			h := behind(tt.proxies, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = tt.from
			for _, v := range tt.header {
				r.Header.Add("X-Forwarded-For", v)
			}
			if h.ServeHTTP(httptest.NewRecorder(), r); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func FuzzForwardedFor(f *testing.F) {
	for _, s := range []string{"", ",", "1.1.1.1", "::1%eth0", "1.1.1.1,,x"} {
		f.Add(s)
	}
	ours := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	f.Fuzz(func(t *testing.T, s string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr, r.Header = "10.0.0.1:1", http.Header{"X-Forwarded-For": {s}}
		if a, ok := clientOf(ours, r); ok && (!a.IsValid() || a.Zone() != "" || ours[0].Contains(a)) {
			t.Errorf("%q gives %v", s, a)
		}
	})
}
