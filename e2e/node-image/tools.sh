#!/usr/bin/env bash
# tools.sh kind|helm|kubenode...: builds these programs from their Go modules into
# ${AUTHBACKEND_CACHE:-~/.cache/authbackend}/bin, each only when its inputs changed since.
# kubenode is all of Kubernetes in one binary (main.go); kubectl, kube-apiserver and etcd are links
# to it.
. "$(dirname "$0")/lib.sh"
command -v go >/dev/null || die "Go 1.26 or newer is needed to build $*: install Go"

# One way of building everywhere: builds with and without -trimpath share nothing in Go's cache.
export CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false"

# current NAME INPUTS: whether NAME was built from these inputs; remembered by `built`.
current() { [ -x "$bin/$1" ] && [ "$(cat "$bin/.$1.inputs" 2>/dev/null)" = "$2" ]; }
built() { echo "$2" >"$bin/.$1.inputs"; }

# from_module NAME MODULE PACKAGE: builds a program inside its own module, so with its own pins.
from_module() {
  local inputs
  inputs=$(digest tools/go.mod tools/go.sum tools.sh)
  current "$1" "$inputs" && return
  step "building $1 from its Go module"
  go mod download -C "$here/tools" "$2"
  go build -C "$(go list -C "$here/tools" -m -f '{{.Dir}}' "$2")" -ldflags "-s -w" -o "$bin/$1" "$3"
  built "$1" "$inputs"
}

kubenode() {
  local inputs sources package=k8s.io/component-base/version minor=${KUBERNETES#v1.}
  sources=$(cd "$here" && find . -name '*.go' ! -name '*_test.go' | LC_ALL=C sort)
  # shellcheck disable=SC2086 # one word per file
  inputs=$(digest versions.env go.mod go.sum tools.sh $sources)
  if ! current kubenode "$inputs"; then
    step "building Kubernetes $KUBERNETES and etcd from their Go modules (7 minutes the first time)"
    go build -C "$here" -o "$bin/kubenode" -ldflags "-s -w \
      -X $package.gitVersion=$KUBERNETES -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*} \
      -X $package.gitTreeState=clean -X k8s.io/client-go/pkg/version.gitVersion=$KUBERNETES" .
    built kubenode "$inputs"
  fi
  for name in kubectl kube-apiserver etcd; do ln -sf kubenode "$bin/$name"; done
}

for tool; do
  case $tool in
    kind) from_module kind sigs.k8s.io/kind . ;;
    helm) from_module helm helm.sh/helm/v4 ./cmd/helm ;;
    kubenode) kubenode ;;
    *) die "tools.sh: unknown tool $tool" ;;
  esac
done
