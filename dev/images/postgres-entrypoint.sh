#!/bin/sh
# Makes the database at the first start, with the settings of the official image: POSTGRES_USER, POSTGRES_DB,
# POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, PGDATA, and what stands in /docker-entrypoint-initdb.d as *.sql. Then becomes
# the server.
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
  # initdb wants a name for its user, which a user that the platform chose has not
  if ! getent passwd "$(id -u)" >/dev/null; then
    export LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=/tmp/passwd NSS_WRAPPER_GROUP=/etc/group
    printf 'postgres:x:%s:%s::/tmp:/bin/false\n' "$(id -u)" "$(id -g)" >/tmp/passwd
  fi
  initdb -D "$PGDATA.new" -U "$user" --pwfile=/tmp/pwfile --auth-local=trust --auth-host=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 >/dev/null
  rm -f /tmp/pwfile /tmp/passwd
  unset LD_PRELOAD NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
  echo "host all all all scram-sha-256" >>"$PGDATA.new/pg_hba.conf"
  if [ "$database" != postgres ]; then
    printf 'CREATE DATABASE "%s";\n' "$database" | postgres --single -j -D "$PGDATA.new" postgres >/dev/null
  fi
  if ls /docker-entrypoint-initdb.d/*.sql >/dev/null 2>&1; then
    # by its socket alone, while nobody else is let in
    pg_ctl -D "$PGDATA.new" -w -s -o "-c listen_addresses='' -c unix_socket_directories=/var/run/postgresql" start
    for file in /docker-entrypoint-initdb.d/*.sql; do
      psql -X -q -v ON_ERROR_STOP=1 -h /var/run/postgresql -U "$user" -d "$database" -f "$file"
    done
    pg_ctl -D "$PGDATA.new" -w -s -m fast stop
  fi
  # complete, and only now in its place
  rmdir "$PGDATA"
  mv "$PGDATA.new" "$PGDATA"
fi
# a volume that was mounted anew may have been opened to its group, which Postgres refuses
chmod 0700 "$PGDATA"
exec postgres -D "$PGDATA" -c listen_addresses='*' -c jit=off -c unix_socket_directories=/var/run/postgresql
