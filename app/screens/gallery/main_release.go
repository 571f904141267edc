//go:build !dev

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "gallery: build with -tags dev")
	os.Exit(2)
}
