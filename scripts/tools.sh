#!/usr/bin/env bash
# tools.sh NAME   builds a packaging tool at its pinned version into bin/tools, once, and prints its path.
set -euo pipefail
cd "$(dirname "$0")/.."
case $1 in
  # nfpm 2.46 and later need modules that the module proxy does not have.
  nfpm) module=github.com/goreleaser/nfpm/v2/cmd/nfpm version=v2.45.0 ;;
  cyclonedx-gomod) module=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod version=v1.9.0 ;;
  *) echo "tools.sh: no tool called '$1'" >&2; exit 2 ;;
esac
tools=$PWD/bin/tools
mkdir -p "$tools"
if [ ! -x "$tools/$1-$version" ]; then
  echo "Building $1 $version (once)…" >&2
  GOBIN=$tools GOFLAGS=-buildvcs=false go install "$module@$version" >&2
  mv "$tools/$1" "$tools/$1-$version"
fi
echo "$tools/$1-$version"
