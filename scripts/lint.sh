#!/usr/bin/env bash
# lint.sh   runs golangci-lint at the pinned version, building it once into bin/tools.
# Where it cannot be built, staticcheck and gofumpt at pinned versions stand in, and the output says so.
set -euo pipefail
cd "$(dirname "$0")/.."
golangci=v2.12.2 staticcheck=v0.7.0 gofumpt=v0.9.2
tools=$PWD/bin/tools
mkdir -p "$tools"
get() { # get NAME MODULE VERSION: builds NAME unless this version is there
  [ -x "$tools/$1-$3" ] && return
  echo "Building $1 $3 (once)…"
  GOBIN=$tools GOFLAGS=-buildvcs=false go install "$2@$3" && mv "$tools/$1" "$tools/$1-$3"
}
if get golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint $golangci; then
  exec "$tools/golangci-lint-$golangci" "${@:-run}"
fi
echo "golangci-lint $golangci is not to be had here; using staticcheck and gofumpt instead." >&2
get staticcheck honnef.co/go/tools/cmd/staticcheck $staticcheck
get gofumpt mvdan.cc/gofumpt $gofumpt
if [ "${1:-run}" = fmt ]; then exec "$tools/gofumpt-$gofumpt" -w .; fi
out=$("$tools/gofumpt-$gofumpt" -l .); [ -z "$out" ] || { printf 'not formatted:\n%s\n' "$out"; exit 1; }
go vet ./...
"$tools/staticcheck-$staticcheck" ./...
