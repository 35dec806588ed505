# What the scripts here share. Sourced, not run.
# shellcheck shell=bash

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=versions.env
. "$here/versions.env"

cache=${AUTHBACKEND_CACHE:-$HOME/.cache/authbackend}
bin=$cache/bin
mkdir -p "$bin"

# Images carry this label, so that `cargo xtask down` finds what was built here.
# shellcheck disable=SC2034 # for the scripts that source this one
made_by="dev.authbackend.made-by=xtask"

# step TEXT: says on stderr what comes next; xtask shows such lines as progress.
step() { echo "==> $*" >&2; }

# die TEXT: ends the script with one line.
die() { echo "$*" >&2; exit 1; }

# packages NAME...: installs the Debian packages that are missing.
packages() {
  local missing=() name
  for name; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || die "needs the programs of the Debian packages ${missing[*]}: install them"
  [ "$(id -u)" = 0 ] || die "needs the Debian packages ${missing[*]}: sudo apt-get install ${missing[*]}"
  step "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends "${missing[@]}" >&2
}

# digest FILE...: twelve hex digits over the names and contents of the files, in the order given.
digest() { (cd "$here" && sha256sum "$@") | sha256sum | cut -c1-12; }
