#!/usr/bin/env bash
# package.sh FORMAT…   builds the release programs and packs them as deb and rpm into dist/.
# The same tree and the same tools give the same bytes: every time in a package is that of scripts/version.sh date.
# MAINTAINER, VENDOR and HOMEPAGE name whoever builds.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${MAINTAINER:=The Beside authors <maintainers@beside.invalid>}" "${VENDOR:=The Beside authors}" "${HOMEPAGE:=https://beside.invalid}"
version=$(scripts/version.sh)
SOURCE_DATE_EPOCH=$(scripts/version.sh date)
export SOURCE_DATE_EPOCH LC_ALL=C.UTF-8 TZ=UTC
arch=$(go env GOARCH)
stamp=$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
work=dist/work
rm -rf "$work"
mkdir -p "$work"

echo "Building beside and beside-endpoint $version…"
flags=(-buildvcs=false -trimpath)
CGO_ENABLED=0 go build "${flags[@]}" -ldflags "-s -w -X main.version=$version" -o "$work/beside-endpoint" ./cmd/beside-endpoint
CGO_ENABLED=1 CGO_CFLAGS="-O2 -fstack-protector-strong -D_FORTIFY_SOURCE=2" go build "${flags[@]}" -buildmode=pie -ldflags "-s -w -X main.version=$version -linkmode=external -extldflags=-Wl,-z,relro,-z,now" -o "$work/beside" ./cmd/beside

go run ./packaging/licences -extra "Go=$(go env GOROOT)/LICENSE,Inter=assets/fonts/LICENSE-inter.txt,Lucide=assets/icons/LICENSE-lucide.txt" ./cmd/beside >"$work/beside.licences"
go run ./packaging/licences -extra "Go=$(go env GOROOT)/LICENSE,Inter=assets/fonts/LICENSE-inter.txt,Lucide=assets/icons/LICENSE-lucide.txt" ./cmd/beside-endpoint >"$work/beside-endpoint.licences"
gzip -9n "$work"/*.licences

for page in beside.1 beside-endpoint.8; do
  sed "s/@VERSION@/$version/; s/@DATE@/${stamp%T*}/" "packaging/man/$page" | gzip -9n >"$work/$page.gz"
done
for name in beside beside-endpoint; do
  cat >"$work/$name.changelog.yaml" <<YAML
- semver: "$version-1"
  date: $stamp
  packager: "$MAINTAINER"
  deb:
    urgency: medium
    distributions: [unstable]
  changes:
    - note: "Release $version; CHANGELOG.md in the source tells what is new."
YAML
  cat >"$work/$name.copyright" <<TXT
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Beside
Source: $HOMEPAGE

Files: *
Copyright: 2026 The Beside authors
License: Apache-2.0
Comment: What is linked in, with its licences, is in third-party.txt.gz beside this file.

License: Apache-2.0
 On Debian systems the full text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
TXT
done

# What the app needs is asked of the app itself: Debian's own tool for deb, the names of the libraries for rpm.
# GLFW opens some itself, so that nothing but their names shows it.
needs() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
rpm_depends=$({ needs "$work/beside"; printf '%s\n' libXcursor.so.1 libXi.so.6 libXinerama.so.1 libXrandr.so.2 libXxf86vm.so.1; } | sed 's/.*/"&()(64bit)"/' | paste -sd, -)
deb_depends=none
if [[ " $* " == *" deb "* ]]; then
  command -v dpkg-shlibdeps >/dev/null || { echo "package.sh: dpkg-shlibdeps (package dpkg-dev) is missing" >&2; exit 1; }
  mkdir -p "$work/shlibs/debian"
  printf 'Source: beside\n\nPackage: beside\nArchitecture: any\n' >"$work/shlibs/debian/control"
  opened="libxcursor1, libxi6, libxinerama1, libxrandr2, libxxf86vm1"
  deb_depends="$(cd "$work/shlibs" && dpkg-shlibdeps -O ../beside 2>/dev/null | sed -n 's/^shlibs:Depends=//p'), $opened"
fi

nfpm=$(scripts/tools.sh nfpm)
for name in beside beside-endpoint; do
  sed -e "s|@NAME@|What stands between two of these signs|; s|@ARCH@|$arch|; s|@VERSION@|$version|; s|@MTIME@|$stamp|; s|@WORK@|$work|" \
    -e "s|@MAINTAINER@|$MAINTAINER|; s|@VENDOR@|$VENDOR|; s|@HOMEPAGE@|$HOMEPAGE|" \
    -e "s/@DEB_DEPENDS@/${deb_depends//|/\\|}/; s|@RPM_DEPENDS@|$rpm_depends|" "packaging/nfpm/$name.yaml.in" >"$work/$name.yaml"
  for format in "$@"; do
    rm -f dist/"$name"[-_][0-9]*."$format"
    config=$work/$name.yaml
    if [ "$format" = deb ]; then config=$work/$name.deb.yaml; grep -v '^license:' "$work/$name.yaml" >"$config"; fi # no field of Debian's
    "$nfpm" package -f "$config" -p "$format" -t dist/
  done
done
