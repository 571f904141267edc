#!/usr/bin/env bash
# cleanroot.sh DIR   makes DIR a fresh minimal Debian of this machine's own release, for the tests of packages. Root only.
# The base is made once by debootstrap from this machine's own mirror and kept in the cache directory.
set -euo pipefail
base=${XDG_CACHE_HOME:-$HOME/.cache}/beside-cleanroot
if [ ! -e "$base/.done" ]; then
  rm -rf "$base"
  mkdir -p "$base"
  . /etc/os-release
  mirror=$({ sed -n 's/^URIs: *//p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\(http[^ ]*\) .*/\2/p' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true; } | head -1)
  debootstrap --variant=minbase --include=ca-certificates "$VERSION_CODENAME" "$base" "${mirror:-http://deb.debian.org/debian}" >/dev/null
  # The same sources, certificates and settings of apt as this machine: it may stand behind a mirror of its own.
  if [ -e /etc/apt/sources.list.d/debian.sources ]; then cp /etc/apt/sources.list.d/debian.sources "$base/etc/apt/sources.list.d/" && : >"$base/etc/apt/sources.list"; fi
  cp /etc/apt/apt.conf.d/99* "$base/etc/apt/apt.conf.d/" 2>/dev/null || true
  cp -r /etc/ssl/certs/. "$base/etc/ssl/certs/"
  mkdir -p "$base/usr/local/share/ca-certificates"
  cp -r /usr/local/share/ca-certificates/. "$base/usr/local/share/ca-certificates/" 2>/dev/null || true
  chroot "$base" apt-get update -qq
  # What the packages need is fetched once, so that the tests themselves are quick.
  chroot "$base" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --download-only --no-install-recommends systemd xdg-utils desktop-file-utils shared-mime-info \
    libgl1 libx11-6 libxtst6 libxcursor1 libxi6 libxinerama1 libxrandr2 libxxf86vm1 >/dev/null
  touch "$base/.done"
fi
mkdir -p "$1"
cp -a "$base/." "$1/"
cp /etc/resolv.conf "$1/etc/resolv.conf" 2>/dev/null || true
cp /etc/hosts "$1/etc/hosts"
