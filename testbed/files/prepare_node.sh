#!/bin/sh
# Runs inside the new node's root filesystem, in its own mount and (silent) network namespace:
# finishes the systems's set-up and fills containerd's image store.
set -eu
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp

# The container runtime, where kind looks for it.
ln -sf /usr/bin/containerd /usr/local/bin/containerd
rm -rf /opt/cni/bin
mkdir -p /opt/cni /etc/kubernetes/manifests
ln -s /usr/lib/cni /opt/cni/bin
ctr oci spec | jq 'del(.process.rlimits)' > /etc/containerd/cri-base.json

# The registry and Python run from their images alone.
rm -rf /usr/bin/docker-registry /lib/systemd/system/docker-registry.service /etc/init.d/docker-registry \
  /etc/rc?.d/*docker-registry /usr/bin/python3* /usr/lib/python3*

# Only what a node needs may start; these are the deletions of kind's own base image.
rm -f /lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service \
  /lib/systemd/system/multi-user.target.wants/* \
  /etc/systemd/system/*.wants/* \
  /lib/systemd/system/local-fs.target.wants/* \
  /lib/systemd/system/sockets.target.wants/*udev* \
  /lib/systemd/system/sockets.target.wants/*initctl* \
  /lib/systemd/system/basic.target.wants/*
echo 'ReadKMsg=no' >> /etc/systemd/journald.conf
ln -sf /lib/systemd/systemd /sbin/init
systemctl enable kubelet.service containerd.service undo-mount-hacks.service close-dns.service
systemctl mask systemd-binfmt.service

# Image blobs live outside /var: kind makes /var a volume, into which Docker would copy them
# at every start. containerd unpacks an image when its first container starts.
mkdir -p /kind/content /var/lib/containerd
ln -s /kind/content /var/lib/containerd/io.containerd.content.v1.content
printf 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' > /tmp/containerd.toml
containerd --config /tmp/containerd.toml > /run/containerd.log 2>&1 &
daemon=$!
tries=0
until ctr version > /dev/null 2>&1; do
  tries=$((tries + 1))
  if [ "$tries" -gt 100 ]; then
    cat /run/containerd.log
    echo "containerd did not start inside the node's root filesystem"
    exit 1
  fi
  sleep 0.1
done
for archive in "$1"/*.tar; do
  ctr -n k8s.io images import --no-unpack "$archive"
done
ctr -n k8s.io images ls -q
kill "$daemon"
wait "$daemon" || true
