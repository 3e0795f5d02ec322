# How `e2e/run` uses the throw-away cluster of e2e/cluster.

# CI's cluster has a name of its own; one that is there was left by a run that was killed.
[ "${CI:-}" != true ] || e2e/cluster/down
was_up=$([ -e "/run/netns/${CLUSTER_NAME:-todo}-node" ] && echo yes || echo no)

join() { e2e/cluster/build helm traefik && e2e/cluster/up; }
reach() { e2e/cluster/in "$@"; }
load_image() { e2e/cluster/image load "$1"; }
ingress_controller() { e2e/cluster/traefik; }

# The node can pull nothing, so PostgreSQL and busybox are built here.
stand_ins() { e2e/images/build; }

leave() {
  if [ -n "${KEEP_CLUSTER:-}" ] || [ "$was_up" = yes ]; then
    echo "e2e: the cluster stays up with namespace $namespace; make cluster-down ends it"
  else
    e2e/cluster/down
  fi
}
