#!/bin/sh
# What ctest runs of the dashboard without a browser.
#   check.sh types            the type check
#   check.sh units ESBUILD    src/*.test.mjs in Node.js
# Exit code 77, "skipped", without Node.js or the packages that scripts/setup --test installs.
set -eu
cd "$(dirname "$0")"
skip() { echo "SKIPPED: there is no $1; scripts/setup --test installs it" >&2; exit 77; }
command -v node >/dev/null || skip node
case "$1" in
  types)
    tsc=../tests/e2e/node_modules/typescript/bin/tsc
    [ -e "$tsc" ] || skip tests/e2e/node_modules
    exec node "$tsc" -p . ;;
  units)
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
    "$2" src/*.test.mjs --bundle --platform=node --format=esm --loader:.csv=text --log-level=warning \
      --outdir="$out" --out-extension:.js=.mjs
    node --test --test-timeout=20000 "$out/" ;;
  *) echo "check.sh: unknown check '$1'; expected types or units" >&2; exit 2 ;;
esac
