# How `e2e/run` uses a cluster that the user names with KUBECONFIG: images by minikube's or kind's own command, or by LOAD_IMAGE, which
# gets an archive's path. PostgreSQL comes from its registry. The cluster is somebody's: only what bears the label `todo-e2e` is ever
# removed, and what has our names without that label ends the run.
for program in kubectl helm; do
  command -v $program >/dev/null || { echo "e2e: $program is missing" >&2; exit 1; }
done
context=$(kubectl config current-context) || { echo "e2e: no current context in KUBECONFIG=$KUBECONFIG" >&2; exit 1; }
echo "e2e: context $context"
values+=(--values e2e/clusters/values-registry.yaml)
monitoring+=(--values e2e/clusters/values-registry-monitoring.yaml)

join() { kubectl wait --for=condition=Ready node --all --timeout=60s; }
reach() { "$@"; }
stand_ins() { :; }
monitoring_images() { :; }

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
  local taken
  taken=$(for object in namespace ingressclass clusterrole; do
    kubectl get "$object" --selector '!todo-e2e' --field-selector metadata.name=traefik --output name
  done)
  [ -z "$taken" ] || { echo "e2e: there already, and not of an earlier run: $(echo $taken)" >&2; return 1; }
  sed "s#image: todo-traefik:#image: docker.io/library/traefik:v#" e2e/cluster/traefik.yaml | kubectl apply -f - &&
    kubectl -n traefik rollout status deployment/traefik --timeout=180s
}

leave() {
  [ -z "${KEEP_CLUSTER:-}" ] || { echo "e2e: kept: everything with the label todo-e2e"; return 0; }
  kubectl delete ingressclasses,clusterroles,clusterrolebindings --selector todo-e2e &&
    kubectl delete namespaces --selector todo-e2e --timeout=180s &&
    kubectl delete customresourcedefinitions --selector todo-e2e --timeout=60s &&
    kubectl -n kube-system delete services --selector app.kubernetes.io/managed-by=prometheus-operator
}
