# Where the test cluster keeps things and how its scripts reach into it. Read by every script beside it.
# CLUSTER_NAME gives a second cluster on one machine paths and namespaces of its own; CLUSTER_BIN moves the built tools.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CLUSTER=${CLUSTER_NAME:-todo}
BIN=${CLUSTER_BIN:-$HOME/.cache/todo/cluster/bin}
STATE=/var/lib/$CLUSTER-cluster      # disks: etcd's data, logs, keys; volumes, which are in memory
RUN=/run/$CLUSTER-cluster            # sockets and process ids, gone after a reboot like the processes
NETNS=$CLUSTER-node
CGROUP=$CLUSTER-cluster              # every pod's control group is below it
SOCKET=$RUN/containerd.sock
PKI=$STATE/pki
NODE=node-1
NODE_IP=10.250.0.1
POD_CIDR=10.244.0.0/24
SERVICE_CIDR=10.96.0.0/16
API_IP=10.96.0.1
DNS_IP=10.96.0.10

# The pinned tools come first, then the system's, whatever the caller's PATH forgot.
export PATH="$BIN:/usr/sbin:/usr/bin:/sbin:/bin:$PATH"
export KUBECONFIG="$STATE/admin.kubeconfig"

die() { echo "cluster: $*" >&2; exit 1; }

need_root() { [ "$(id -u)" = 0 ] || die "needs root: it makes network namespaces, mounts and control groups"; }

node_exists() { [ -e "/run/netns/$NETNS" ]; }

# The whole node lives in a network namespace of its own without a way out: nothing it sends can leave the machine.
in_node() { nsenter --net="/run/netns/$NETNS" -- "$@"; }

# The processes whose network namespace is the given file.
processes_in() {
  local wanted entry
  wanted=$(stat -L -c %i "$1" 2>/dev/null) || return 0
  for entry in /proc/[0-9]*/ns/net; do
    [ "$(stat -L -c %i "$entry" 2>/dev/null)" != "$wanted" ] || { entry=${entry#/proc/}; echo "${entry%%/*}"; }
  done
}

# wait_for SECONDS WHAT COMMAND…: repeats the command until it succeeds.
wait_for() {
  local limit=$1 what=$2 began=$SECONDS; shift 2
  until "$@" >/dev/null 2>&1; do
    (( SECONDS - began < limit )) || die "$what: not ready after $limit s (logs in $STATE/log)"
    sleep 0.3
  done
}
