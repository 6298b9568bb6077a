#!/bin/sh
# Build the collector distribution of collector/builder.yaml into .cache/collector/<hash>/, once per manifest.
#   sh collector/build.sh          build it if it is not there, print its path
#   sh collector/build.sh --path   print where it is or would be, build nothing
set -eu
cd "$(dirname "$0")/.."

hash=$(sha256sum collector/builder.yaml | cut -c1-16)
folder=.cache/collector/$hash
binary=$folder/otelcol-tokenboard
case "${1:-}" in
  --path) echo "$binary"; exit 0 ;;
  "") ;;
  *) echo "usage: sh collector/build.sh [--path]" >&2; exit 2 ;;
esac
if [ -x "$binary" ]; then
  echo "$binary"
  exit 0
fi

if ! command -v go >/dev/null 2>&1; then
  echo "collector: building needs Go 1.25 or newer (https://go.dev/dl); the official image" \
    "otel/opentelemetry-collector-contrib runs the same collector/config.yaml" >&2
  exit 1
fi
version=$(sed -n 's/.*otlpreceiver v\(.*\)$/\1/p' collector/builder.yaml)
work=$folder/build
mkdir -p "$work"
sed "s|^  output_path: .*|  output_path: $work|" collector/builder.yaml >"$folder/builder.yaml"
# Binaries of the same manifest are the same wherever they are built: no paths, no cgo.
CGO_ENABLED=0 GOFLAGS="${GOFLAGS:-} -trimpath" \
  go run "go.opentelemetry.io/collector/cmd/builder@v$version" --config "$folder/builder.yaml" >&2
mv "$work/otelcol-tokenboard" "$binary"
rm -rf "$work"
echo "$binary"
