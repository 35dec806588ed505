#!/usr/bin/env bash
# Starts a Docker daemon that can run kind nodes, where none answers and this user is root on Debian.
# Its process id is kept in the cache as dockerd.pid, so that `cargo xtask down` can end it.
. "$(dirname "$0")/lib.sh"
docker info >/dev/null 2>&1 && exit
if [ "$(uname -s)" != Linux ] || [ "$(id -u)" != 0 ]; then
  die "no Docker daemon answers: start Docker and try again"
fi
packages docker.io runc iptables

# `docker run --privileged`, which kind needs, asks for every capability. Where the host withholds
# CAP_SYS_RESOURCE (bit 24 of the bounding set) runc fails, so a wrapper leaves it out.
flags=()
bounding=$(awk '/^CapBnd/ {print $2}' /proc/self/status)
if [ $((0x$bounding >> 24 & 1)) = 0 ] && [ ! -e /etc/docker/daemon.json ]; then
  install -m 755 "$here/runc-nosysres" "$bin/runc-nosysres"
  flags=(--add-runtime "nosysres=$bin/runc-nosysres" --default-runtime nosysres)
fi

step "starting dockerd"
# What a machine that was switched off left would keep dockerd from starting.
pgrep -x dockerd >/dev/null || rm -f /var/run/docker.pid /var/run/docker/containerd/containerd.pid
setsid nohup dockerd "${flags[@]}" >"$cache/dockerd.log" 2>&1 </dev/null &
echo $! >"$cache/dockerd.pid"
for _ in $(seq 60); do
  docker info >/dev/null 2>&1 && exit
  sleep 0.5
done
tail -20 "$cache/dockerd.log" >&2
die "dockerd did not start within 30 s: its log is $cache/dockerd.log"
