#!/bin/sh
# Print a .env for docker-compose.yml with random passwords: sh compose/passwords.sh > .env
set -eu
umask 077
for name in CLICKHOUSE_OWNER CLICKHOUSE_WRITER CLICKHOUSE_READER GRAFANA_ADMIN; do
  secret=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
  echo "${name}_PASSWORD=$secret"
done
