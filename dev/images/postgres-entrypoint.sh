#!/bin/sh
# Makes the database at the first start, with the settings of the official image: POSTGRES_USER, POSTGRES_DB,
# POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, PGDATA. Then becomes the server.
set -eu

if [ "${1:-postgres}" != postgres ]; then
  exec "$@"
fi
user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  password=${POSTGRES_PASSWORD:-}
  if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
    password=$(cat "$POSTGRES_PASSWORD_FILE")
  fi
  if [ -z "$password" ]; then
    echo "No password: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE." >&2
    exit 1
  fi
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA"
  # a first start that was cut short is begun again
  rm -rf "$PGDATA.new"
  printf '%s\n' "$password" >/tmp/pwfile
  initdb -D "$PGDATA.new" -U "$user" --pwfile=/tmp/pwfile --auth-local=trust --auth-host=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 >/dev/null
  rm -f /tmp/pwfile
  echo "host all all all scram-sha-256" >>"$PGDATA.new/pg_hba.conf"
  if [ "$database" != postgres ]; then
    printf 'CREATE DATABASE "%s";\n' "$database" | postgres --single -j -D "$PGDATA.new" postgres >/dev/null
  fi
  # complete, and only now in its place
  rmdir "$PGDATA"
  mv "$PGDATA.new" "$PGDATA"
fi
# a volume that was mounted anew may have been opened to its group, which Postgres refuses
chmod 0700 "$PGDATA"
exec postgres -D "$PGDATA" -c listen_addresses='*' -c jit=off -c unix_socket_directories=/var/run/postgresql
