# How `e2e/run` uses the throw-away cluster of e2e/cluster. One that answers is somebody's and stays; one that does not answer was
# left by a run that was killed, and is removed first. In CI, which gives the cluster a name of its own, nothing stays.
was_up=no
if [ "${CI:-}" != true ] && e2e/cluster/in kubectl --request-timeout=5s get --raw /readyz >/dev/null 2>&1; then was_up=yes; fi

join() {
  { [ "$was_up" = yes ] || e2e/cluster/down; } && e2e/cluster/build helm traefik && e2e/cluster/up
}

reach() { e2e/cluster/in "$@"; }
load_image() { e2e/cluster/image load "$1"; }
ingress_controller() { e2e/cluster/traefik; }
monitoring_images() { e2e/monitoring/images; }

# The node can pull nothing, so PostgreSQL and busybox are built here.
stand_ins() { e2e/images/build; }

leave() {
  if [ -n "${KEEP_CLUSTER:-}" ] || [ "$was_up" = yes ]; then
    echo "e2e: the cluster stays up with namespace $namespace; make cluster-down ends it"
  else
    e2e/cluster/down
  fi
}
