#!/bin/sh
# A credential for a person or service: sh compose/sender.sh NAME >> senders
# Prints the line of the file that the collector reads (HTPASSWD_FILE); the app's setting goes to the terminal.
set -eu
name=${1:-}
case "$name" in
  "" | *[!A-Za-z0-9@._+-]*) echo "usage: sh compose/sender.sh NAME   (letters, digits, @ . _ + -)" >&2; exit 2 ;;
esac
command -v openssl >/dev/null 2>&1 || { echo "sender.sh needs openssl" >&2; exit 1; }
secret=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
echo "$name:{SHA}$(printf '%s' "$secret" | openssl dgst -sha1 -binary | openssl base64 -A)"
echo "OTEL_EXPORTER_OTLP_HEADERS=Authorization=Basic%20$(printf '%s' "$name:$secret" | openssl base64 -A)" >&2
