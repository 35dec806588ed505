#!/usr/bin/env bash
# Builds the kind node image authbackend-node:VERSION-HASH from Go modules and Debian packages alone,
# for hosts that reach no container registry, and prints its name. HASH is over every input: with
# the same inputs a second run does nothing. `build.sh --name` only prints the name.
. "$(dirname "$0")/lib.sh"

inputs=$(cd "$here" && find . -type f ! -name '*_test.go' ! -name '*.md' ! -name 'docker-up.sh' ! -name 'runc-*' | LC_ALL=C sort)
# shellcheck disable=SC2086 # one word per file
image=authbackend-node:$KUBERNETES-$(digest $inputs)
if [ "${1-}" = --name ]; then echo "$image"; exit; fi

"$here/tools.sh" kind kubenode
if docker image inspect "$image" >/dev/null 2>&1; then echo "$image"; exit; fi
packages mmdebstrap jq gcc libc6-dev

export CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false"
module() { go list -C "$here/${2-tools}" -m -f '{{.Dir}}' "$1"; }

# Apart from $bin: a dockerd that finds a newer containerd-shim-runc-v2 on its PATH starts no container.
programs=$cache/node
mkdir -p "$programs"

step "building containerd and the CNI plugins"
go mod download -C "$here/tools" github.com/containerd/containerd/v2 github.com/containernetworking/plugins
containerd=$(module github.com/containerd/containerd/v2)
go build -C "$containerd" -tags "no_aufs no_zfs no_btrfs no_devmapper" -o "$programs/" \
  -ldflags "-s -w -X github.com/containerd/containerd/v2/version.Version=v${containerd##*@v}" \
  ./cmd/containerd ./cmd/ctr ./cmd/containerd-shim-runc-v2
go build -C "$(module github.com/containernetworking/plugins)" -ldflags "-s -w" -o "$programs/" \
  ./plugins/ipam/host-local ./plugins/main/loopback ./plugins/main/ptp ./plugins/meta/portmap
go build -C "$here" -o "$programs/noded" -ldflags "-s -w" ./noded/cni

base=authbackend-node-base:$(echo "$SUITE $PACKAGES" | sha256sum | cut -c1-12)
if ! docker image inspect "$base" >/dev/null 2>&1; then
  step "Debian $SUITE with systemd"
  mmdebstrap --quiet --variant=minbase --include="$PACKAGES" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "$SUITE" |
    docker import -c "LABEL $made_by" - "$base" >/dev/null
fi

stage=$(mktemp -d "$cache/stage.XXXX")
container=authbackend-node-build-$$
cleanup() {
  docker rm -fv "$container" >/dev/null 2>&1 || true
  rm -rf "$stage"
}
trap cleanup EXIT

# link FROM TO: a hard link, or a copy where the two are on different file systems.
link() { ln "$1" "$2" 2>/dev/null || cp "$1" "$2"; }

# Every image of the control plane is a tag of one image: kubenode, a link per program, and nft with
# its libraries, which kube-proxy and noded run.
step "images of the control plane"
registry=registry.k8s.io
images=(
  "$registry"/kube-{apiserver,controller-manager,scheduler,proxy}":$KUBERNETES"
  "$registry/etcd:$ETCD_TAG" "$registry/coredns/coredns:$COREDNS_TAG"
  docker.io/authbackend/{noded,metrics-server}:local
)
pause=$registry/pause:$PAUSE_TAG
all=$stage/all
mkdir -p "$all"/{usr/local/bin,etc/ssl/certs,tmp} "$stage/pause"
link "$bin/kubenode" "$all/usr/local/bin/kubenode"
for program in kube-apiserver kube-controller-manager kube-scheduler kube-proxy etcd coredns noded metrics-server; do
  ln -s kubenode "$all/usr/local/bin/$program"
done
# shellcheck disable=SC2016 # expanded inside the container
docker run --rm --network none "$base" sh -c \
  'tar -chf - /usr/sbin/nft /etc/ssl/certs/ca-certificates.crt $(ldd /usr/sbin/nft | grep -o "/[^ )]*")' |
  tar -C "$all" -x
tar -C "$all" -c . | docker import -c 'ENTRYPOINT ["/usr/local/bin/coredns"]' \
  -c 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' - "${images[0]}" >/dev/null
for name in "${images[@]:1}"; do docker tag "${images[0]}" "$name"; done
gcc -Os -static -s "-DVERSION=$PAUSE_TAG" -o "$stage/pause/pause" \
  "$(module k8s.io/kubernetes .)/build/pause/linux/pause.c"
tar -C "$stage/pause" -c . | docker import -c 'ENTRYPOINT ["/pause"]' - "$pause" >/dev/null

# The node's files: kind's own, as they come in its module, and the programs.
step "node image"
node=$stage/context/node
mkdir -p "$stage/context"
cp -r "$(module sigs.k8s.io/kind)/images/base/files" "$node"
chmod -R u+w "$node"
rm -rf "$node/LICENSES" "$node/etc/systemd/system/containerd-fuse-overlayfs.service" "$node/usr/local/bin/clean-install"
find "$node" -type d -exec chmod 755 {} +
find "$node" -type f -exec chmod 644 {} +
mkdir -p "$node"/usr/bin "$node"/opt/cni/bin "$node"/etc/kubernetes/manifests "$node"/kind/manifests
cp "$programs"/{containerd,ctr,containerd-shim-runc-v2} "$node/usr/local/bin/"
link "$bin/kubenode" "$node/usr/bin/kubenode"
for program in kubelet kubeadm kubectl crictl; do ln -s kubenode "$node/usr/bin/$program"; done
cp "$programs"/{host-local,loopback,ptp,portmap,noded} "$node/opt/cni/bin/"
chmod 755 "$node"/usr/local/bin/* "$node"/usr/bin/kubenode "$node"/opt/cni/bin/* "$node"/kind/bin/*
echo -n "$KUBERNETES" >"$node/kind/version"
cp "$here"/default-{cni,storage}.yaml "$node/kind/manifests/"
"$bin/kubectl" kustomize "$(module sigs.k8s.io/metrics-server .)/manifests/base" | sed -E \
  -e 's#image: .*/metrics-server:.*#image: docker.io/authbackend/metrics-server:local\n        command: [metrics-server]#' \
  -e 's#^( *)- --metric-resolution.*#&\n\1- --kubelet-insecure-tls#' \
  -e 's#initialDelaySeconds: 20#initialDelaySeconds: 2#' >"$node/kind/manifests/metrics-server.yaml"
"$programs/ctr" oci spec |
  jq '.hooks.createContainer += [{path: "/kind/bin/mount-product-files.sh"}] | del(.process.rlimits)' \
    >"$node/etc/containerd/cri-base.json"
# Our pause image; no fuse-overlayfs; and oom_score_adj only as low as containerd's own, since a host
# that withholds CAP_SYS_RESOURCE refuses to lower it and then no pod starts.
sed -i -e "s#/pause:[0-9.]*#/pause:$PAUSE_TAG#" -e 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' \
  -e '/^\[proxy_plugins/,/^  address/d' "$node/etc/containerd/config.toml"
docker tag "$base" authbackend-node-base:current
cp "$here/Dockerfile" "$stage/context/"
docker build --network none -t authbackend-node:empty "$stage/context" >&2

# As kind's own `build node-image` does: containerd runs in a container of the image, takes the
# images in, pinned, and the container is committed.
step "images into the node's containerd"
docker run -d --name "$container" --stop-signal TERM --network none --security-opt seccomp=unconfined \
  --entrypoint sh authbackend-node:empty -c 'exec containerd >/dev/null 2>&1' >/dev/null
for _ in $(seq 50); do
  docker exec "$container" ctr version >/dev/null 2>&1 && break
  sleep 0.2
done
docker save "${images[@]}" "$pause" | docker exec -i "$container" \
  ctr -n k8s.io images import --label=io.cri-containerd.pinned=pinned --no-unpack --all-platforms - >/dev/null
docker stop -t 20 "$container" >/dev/null
docker commit --change 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]' --change 'CMD []' \
  --change "LABEL $made_by" "$container" "$image" >/dev/null
docker rmi -f authbackend-node:empty authbackend-node-base:current "${images[@]}" "$pause" >/dev/null
# Older node images go, where no cluster uses them.
docker images --format '{{.Repository}}:{{.Tag}}' authbackend-node | grep -vx "$image" |
  xargs -r docker rmi >/dev/null 2>&1 || true
echo "$image"
