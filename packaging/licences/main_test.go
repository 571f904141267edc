package main

import (
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	for text, want := range map[string]string{
		"  Apache License\n   Version 2.0, January 2004":              "Apache-2.0",
		"Permission is hereby granted, free of charge, to any person": "MIT",
		"GNU GENERAL PUBLIC LICENSE\nVersion 3":                       "GPL",
		"All rights reserved. Ask us.":                                "",
	} {
		if got := classify([]byte(text)); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// TestEndpoint: everything in the endpoint has a licence that can be shipped with Apache-2.0.
func TestEndpoint(t *testing.T) {
	var b strings.Builder
	if err := run([]string{"-short", "beside/cmd/beside", "beside/cmd/beside-endpoint"}, &b); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, "GPL") {
			t.Errorf("not to be linked: %s", line)
		}
	}
	if !strings.Contains(b.String(), "modernc.org/sqlite") || !strings.Contains(b.String(), "fyne.io/fyne/v2") {
		t.Errorf("modules are missing:\n%s", b.String())
	}
}
