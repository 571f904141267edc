#!/usr/bin/env bash
# release.sh   packs everything that this machine can build into dist/, with what belongs beside it:
# an SBOM (CycloneDX) for each program, the licences of what is linked in, and SHA256SUMS.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/package.sh deb rpm
version=$(scripts/version.sh)
SOURCE_DATE_EPOCH=$(scripts/version.sh date)
export SOURCE_DATE_EPOCH
arch=$(go env GOARCH)

# The endpoint is one file: it needs no package.
rm -f dist/*.tar.gz dist/*.cdx.json dist/*.licences.txt dist/SHA256SUMS
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -C dist/work -cf - beside-endpoint | gzip -9n >"dist/beside-endpoint-$version-linux-$arch.tar.gz"

# Asked of the finished programs, and so about what is really in them.
cyclonedx=$(scripts/tools.sh cyclonedx-gomod)
for name in beside beside-endpoint; do
  "$cyclonedx" bin -json -noserial -version "$version" -output "dist/$name-$version.cdx.json" "dist/work/$name"
  gzip -dc "dist/work/$name.licences.gz" >"dist/$name-$version.licences.txt"
done

# What may not be in a release: development's certificates and provider, and checkers of memory.
for name in beside beside-endpoint; do
  if go version -m "dist/work/$name" | grep -E '^\s+build\s+(-tags=.*\bdev\b|-race=true)'; then echo "release.sh: $name is no release build" >&2; exit 1; fi
done
(cd dist && sha256sum -- *.deb *.rpm *.tar.gz *.cdx.json *.licences.txt >SHA256SUMS && sha256sum --quiet -c SHA256SUMS)
ls -l dist | tail -n +2
