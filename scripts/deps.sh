#!/usr/bin/env bash
# deps.sh SET…   installs the Debian/Ubuntu packages that a job needs and this machine lacks.
# Sets: build (compile the app), demo (play the scenario), test (demo and what the tests start), bench, package.
# It does nothing, and needs no rights, when everything is there.
set -euo pipefail

# cgo and the headers that Fyne's GLFW and OpenGL bindings and robotgo (libxtst-dev) include.
build=(gcc libc6-dev pkg-config libvpx-dev libgl1-mesa-dev libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev libxtst-dev)
# libgl1-mesa-dri: software OpenGL on Xvfb. mousepad: the editor on the sharer's desktop.
# xdg-utils and chromium: the sign-in page. xkb-data and x11-xkb-utils: keyboards of Xvfb.
demo=(ca-certificates xvfb xauth xkb-data x11-xkb-utils libgl1-mesa-dri libgl1 libx11-6 libxcursor1 libxrandr2 libxinerama1 libxi6 libxxf86vm1 libxtst6
      openbox mousepad xdg-utils chromium fonts-dejavu-core xfonts-base dbus)
# postgresql: the store's tests start a server of their own. xterm: target of the input tests. xserver-xephyr: a display whose input counts as physical. gnome-keyring: the sealed token cache. iproute2: network namespaces. procps: none left behind. coturn: its client on our relay, its server with our credentials.
test=("${demo[@]}" postgresql xterm xserver-xephyr dbus-x11 gnome-keyring iproute2 procps x11-utils coturn)
bench=("${test[@]}" tigervnc-scraping-server tigervnc-viewer)
# dpkg-dev: dpkg-shlibdeps. The rest checks the packages and makes the clean system they are installed into.
package=("${build[@]}" dpkg-dev binutils lintian desktop-file-utils appstream man-db systemd rpm rpm2cpio cpio rpmlint debootstrap)

want=()
for set in "$@"; do
  case $set in
    build) want+=("${build[@]}") ;;
    demo) want+=("${demo[@]}") ;;
    test) want+=("${test[@]}") ;;
    package) want+=("${package[@]}") ;;
    bench) want+=("${bench[@]}") ;;
    *) echo "deps.sh: no set called '$set' (build, demo, test, bench, package)" >&2; exit 2 ;;
  esac
done

if ! command -v go >/dev/null; then
  echo "Beside needs Go 1.26 or newer in PATH (https://go.dev/dl)." >&2
  exit 1
fi
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  # Not an error by itself: whoever installed the same things by other means can go on.
  cat >&2 <<TXT
This is not a Debian or Ubuntu system, so packages are not installed for you.
Needed, under their Debian names: ${want[*]}
TXT
  if command -v cc >/dev/null && { [ "$*" = build ] || command -v Xvfb >/dev/null; }; then
    echo "Going on with what is here." >&2
    exit 0
  fi
  exit 1
fi

has() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
missing=()
for p in "${want[@]}"; do
  has "$p" && continue
  # Any Chrome or Chromium will do.
  if [ "$p" = chromium ] && { command -v google-chrome || command -v chromium || command -v chromium-browser; } >/dev/null; then continue; fi
  case " ${missing[*]:-} " in *" $p "*) ;; *) missing+=("$p") ;; esac
done
[ ${#missing[@]} -eq 0 ] && exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing; install them as root and run make again:" >&2
    echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
  root=(sudo)
fi
echo "Installing ${#missing[@]} packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${root[@]}" apt-get update -qq
# Ubuntu has Chromium as a snap only: everything else goes on without it.
# (No pipe into grep -q: it leaves at the first match, and pipefail would then call that a failure.)
if [[ " ${missing[*]} " == *" chromium "* && "$(apt-cache policy chromium)" != *"Candidate: "[0-9]* ]]; then
  echo "There is no package chromium here: install Chromium or Chrome for the demo that plays itself and for make test." >&2
  missing=("${missing[@]/chromium/}")
fi
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${missing[*]} >/dev/null
