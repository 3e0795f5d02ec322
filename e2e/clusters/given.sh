# How `e2e/run` uses a cluster that the user names with KUBECONFIG: images by minikube's or kind's own command, or by LOAD_IMAGE, which
# gets an archive's path. PostgreSQL comes from its registry. The cluster is somebody's: only what bears the label `todo-e2e` is ever
# removed, and what has our names without that label ends the run.
command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
for program in kubectl helm go; do
  command -v $program >/dev/null || { echo "e2e: $program is missing" >&2; exit 1; }
done
context=$(kubectl config current-context) || { echo "e2e: no current context in KUBECONFIG=$KUBECONFIG" >&2; exit 1; }
echo "e2e: context $context"
values+=(--values e2e/clusters/values-registry.yaml)
monitoring+=(--values e2e/clusters/values-registry-monitoring.yaml)

join() { kubectl wait --for=condition=Ready node --all --timeout=60s; }
reach() { "$@"; }
stand_ins() { :; }
# The images come from their registries, the operator's definitions from its module.
monitoring_images() { (cd e2e/cluster/tools/prometheus-operator && go mod download github.com/prometheus-operator/prometheus-operator); }

load_image() {
  case ${LOAD_IMAGE:+set}$context in
  set*) $LOAD_IMAGE "$1" ;;
  kind-*) kind load image-archive "$1" --name "${context#kind-}" ;;
  *) if minikube -p "$context" status >/dev/null 2>&1; then
       minikube -p "$context" image load "$1"
     else
       echo "e2e: neither minikube nor kind; name a command that gets $1 onto the nodes: LOAD_IMAGE=…" >&2
       return 1
     fi ;;
  esac
}

# Traefik from its registry, unless the names that it needs are taken.
ingress_controller() {
  local object found taken=
  for object in namespace ingressclass clusterrole; do
    found=$(kubectl get "$object" --selector '!todo-e2e' --field-selector metadata.name=traefik --output name) || return
    taken+=${found:+ $found}
  done
  [ -z "$taken" ] || { echo "e2e: there already, and not of an earlier run:$taken" >&2; return 1; }
  sed "s#image: todo-traefik:#image: docker.io/library/traefik:v#" e2e/cluster/traefik.yaml | kubectl apply -f - &&
    kubectl -n traefik rollout status deployment/traefik --timeout=180s
}

# Everything is tried, also after a failure. The operator's Service comes after the operator, which would make it again.
leave() {
  local status=0
  [ -z "${KEEP_CLUSTER:-}" ] || { echo "e2e: kept: everything with the label todo-e2e"; return 0; }
  kubectl delete ingressclasses,clusterroles,clusterrolebindings --selector todo-e2e || status=$?
  kubectl delete namespaces --selector todo-e2e --timeout=180s || status=$?
  kubectl delete customresourcedefinitions --selector todo-e2e --timeout=60s || status=$?
  kubectl -n kube-system delete services --selector todo-e2e || status=$?
  return "$status"
}
