#!/usr/bin/env bash
# Builds authbackend-postgres:HASH from Debian's packages, with the contract of the official postgres
# image, for hosts that cannot pull that one, and prints its name. With the same inputs a second run
# does nothing. `build.sh --name` only prints the name.
images=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../../e2e/node-image/lib.sh
. "$images/../../e2e/node-image/lib.sh"

version=15 # of Debian's SUITE
uid=999    # the official image's
inputs=("$images/build.sh" "$images/docker-entrypoint.sh")
image=authbackend-postgres:$version-$( (cat "${inputs[@]}"; echo "$SUITE") | sha256sum | cut -c1-12)
if [ "${1-}" = --name ]; then echo "$image"; exit; fi
if docker image inspect "$image" >/dev/null 2>&1; then echo "$image"; exit; fi
packages mmdebstrap

step "Debian $SUITE with PostgreSQL $version"
# No LLVM, which is 150 MB for a just-in-time compiler that small queries never use; and no cluster
# made by the package: the entry point makes the one that PGDATA names. /run keeps the socket's folder.
# shellcheck disable=SC2016 # $1 is the root that mmdebstrap passes to its hooks
mmdebstrap --quiet --variant=minbase --skip=cleanup/run --include="postgresql-common,postgresql-$version" \
  --dpkgopt='path-exclude=/usr/lib/*/libLLVM*' --dpkgopt='path-exclude=/usr/lib/*/libz3*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --essential-hook='mkdir -p "$1/etc/postgresql-common"; echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"' \
  --customize-hook='chroot "$1" sh -c "usermod -u '$uid' postgres; groupmod -g '$uid' postgres;
    mkdir -p /docker-entrypoint-initdb.d /var/lib/postgresql/data;
    chown -R postgres:postgres /var/lib/postgresql /run/postgresql; chmod 3777 /run/postgresql;
    sed -i \"s/^#listen_addresses = .*/listen_addresses = '"'*'"'/; s/^#jit = on/jit = off/\" /usr/share/postgresql/'$version'/postgresql.conf.sample"' \
  --customize-hook="upload $images/docker-entrypoint.sh /usr/local/bin/docker-entrypoint.sh" \
  --customize-hook='chmod 755 "$1/usr/local/bin/docker-entrypoint.sh"' \
  "$SUITE" |
  docker import -c "LABEL $made_by" -c "USER $uid:$uid" -c 'EXPOSE 5432' -c 'VOLUME /var/lib/postgresql/data' \
    -c "ENV PGDATA=/var/lib/postgresql/data LANG=C.UTF-8 PG_MAJOR=$version PATH=/usr/lib/postgresql/$version/bin:/usr/local/bin:/usr/bin:/bin" \
    -c 'ENTRYPOINT ["docker-entrypoint.sh"]' -c 'CMD ["postgres"]' - authbackend-postgres:unfinished >/dev/null
# `docker import` takes no STOPSIGNAL. SIGINT is Postgres's fast shutdown.
printf 'FROM authbackend-postgres:unfinished\nSTOPSIGNAL SIGINT\n' | docker build -t "$image" - >&2
docker rmi authbackend-postgres:unfinished >/dev/null
# Older ones go, where no container uses them.
docker images --format '{{.Repository}}:{{.Tag}}' authbackend-postgres | grep -vx "$image" |
  xargs -r docker rmi >/dev/null 2>&1 || true
echo "$image"
