package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestGuidePage(t *testing.T) {
	for name, tt := range map[string]struct {
		d    guideData
		want string
	}{
		"english": {guideData{Lang: "en", Helper: "noa@x", Sharer: "sam@x", HelperName: "Noa", SharerName: "Sam"}, "Help someone"},
		"dutch":   {guideData{Lang: "nl", NL: true, Helper: "noa@x", Sharer: "sam@x", HelperName: "Noa", SharerName: "Sam"}, "Iemand helpen"},
	} {
		t.Run(name, func(t *testing.T) {
			address, err := serveGuide(t.Context(), tt.d)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(address, "http://127.0.0.1:") {
				t.Errorf("served at %s, not on the loopback", address)
			}
			resp, err := http.Get(address)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{tt.want, "noa@x", "sam@x", "Noa", "Sam", `lang="` + tt.d.Lang + `"`} {
				if !strings.Contains(string(b), want) {
					t.Errorf("the guide does not say %q", want)
				}
			}
		})
	}
}

func TestGiven(t *testing.T) {
	for user, want := range map[string]string{"noa.winters@halden.example": "Noa", "sam@x": "Sam", "": "", "@x": "@x"} {
		if got := given(user); got != want {
			t.Errorf("given(%q) = %q, want %q", user, got, want)
		}
	}
}
