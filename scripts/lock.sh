#!/bin/sh
# Renews the lock files: exact versions with hashes for every platform, no index address inside.
# Usage: scripts/lock.sh [path of uv] [uv options, e.g. --upgrade]
set -eu
uv=${1:-uv}
[ $# -gt 0 ] && shift
compile() {
  out=$1
  shift
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
    --no-header --no-strip-extras --group build pyproject.toml "$@" -o "requirements/$out"
}
compile demo.txt --extra demo "$@"
compile dev.txt --extra demo --group dev "$@"
# The environments of tests/compat and of the bench, each from its own list.
compile frameworks.txt requirements/frameworks.in --override requirements/overrides.txt "$@"
compile beside.txt requirements/beside.in "$@"
compile peers.txt requirements/peers.in "$@"
compile older.txt requirements/older.in "$@"
compile openlit.txt requirements/openlit.in "$@"
compile logfire.txt requirements/logfire.in "$@"
compile oldest.txt requirements/oldest.in --resolution lowest-direct "$@"
