#!/usr/bin/env bash
# version.sh        prints the version of this tree, as packages can have it: 1.2.0 on the tag v1.2.0, 1.2.0+5.gabc1234
#                   five commits later, and 0.1.0~git40.abc1234 before the first tag (FyneApp.toml has the 0.1.0)
# version.sh date   prints the time that everything built from this tree carries, in seconds: SOURCE_DATE_EPOCH or the commit's
set -euo pipefail
cd "$(dirname "$0")/.."
base=$(sed -n 's/^ *Version *= *"\(.*\)"/\1/p' FyneApp.toml)
if [ "${1:-}" = date ]; then
  if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then echo "$SOURCE_DATE_EPOCH"; exit; fi
  git log -1 --format=%ct 2>/dev/null || stat -c %Y FyneApp.toml
  exit
fi
if [ -n "${VERSION:-}" ]; then echo "${VERSION#v}"; exit; fi
if described=$(git describe --tags --match 'v[0-9]*' 2>/dev/null); then
  described=${described#v}
  case $described in
    *-*-g*) hash=${described##*-g}; rest=${described%-g*}; echo "${rest%-*}+${rest##*-}.g$hash" ;;
    *) echo "$described" ;;
  esac
elif hash=$(git rev-parse --short=8 HEAD 2>/dev/null); then
  echo "$base~git$(git rev-list --count HEAD).$hash"
else
  echo "$base~src"
fi
