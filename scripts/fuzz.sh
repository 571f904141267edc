#!/usr/bin/env bash
# fuzz.sh [TIME]   fuzzes every target of the module for TIME (default 20s each).
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-20s} failed=0 n=0
while read -r pkg; do
  for target in $(go test -list '^Fuzz' "$pkg" 2>/dev/null | grep '^Fuzz' || true); do
    n=$((n + 1))
    echo "== $pkg $target"
    go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$pkg" || failed=$((failed + 1))
  done
done < <(go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./... | grep . )
echo "$n fuzz targets, $failed failed"
[ "$failed" -eq 0 ]
