#!/bin/bash
# The contract of the official postgres image, the part that charts and operators rely on:
# POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB (each also as *_FILE), POSTGRES_INITDB_ARGS, PGDATA,
# /docker-entrypoint-initdb.d, flags of postgres as arguments. Runs as uid 999.
set -euo pipefail

# setting NAME DEFAULT: the value of NAME, or of the file that NAME_FILE names.
setting() {
  local file_variable=$1_FILE
  if [ -n "${!1-}" ] && [ -n "${!file_variable-}" ]; then
    echo "both $1 and $file_variable are set: set one of them" >&2
    exit 1
  fi
  if [ -n "${!file_variable-}" ]; then cat "${!file_variable}"; else printf %s "${!1-$2}"; fi
}

initialise() {
  local user password database socket
  user=$(setting POSTGRES_USER postgres)
  password=$(setting POSTGRES_PASSWORD "")
  database=$(setting POSTGRES_DB "$user")
  if [ -z "$password" ]; then
    echo "the superuser has no password: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE" >&2
    exit 1
  fi
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  # shellcheck disable=SC2086 # several arguments in one variable, as in the official image
  initdb --username="$user" --pwfile=<(echo "$password") --auth-local=trust --auth-host=scram-sha-256 \
    ${POSTGRES_INITDB_ARGS-} >&2
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"

  # Until everything below is done, the server answers on the socket only.
  socket=$(mktemp -d)
  pg_ctl --wait -o "-c listen_addresses='' -c unix_socket_directories=$socket" start >&2
  local psql=(psql --host "$socket" --username "$user" --no-password --set ON_ERROR_STOP=1)
  if [ "$database" != postgres ]; then
    "${psql[@]}" --dbname postgres --set database="$database" <<<'CREATE DATABASE :"database";' >&2
  fi
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    # shellcheck disable=SC1090 # the user's own
    case $file in
      *.sh) . "$file" >&2 ;;
      *.sql) "${psql[@]}" --dbname "$database" --file "$file" >&2 ;;
    esac
  done
  pg_ctl --mode=fast --wait stop >&2
  rm -rf "$socket"
}

[[ ${1-} != -* ]] || set -- postgres "$@"
if [ "${1-}" = postgres ]; then
  [ -s "$PGDATA/PG_VERSION" ] || initialise
fi
exec "$@"
