# The cluster's certificate authority, one certificate per component, and the kubeconfigs that carry them.

# issue NAME SUBJECT ALTERNATIVE-NAMES
issue() {
  openssl req -newkey rsa:2048 -nodes -subj "$2" -keyout "$PKI/$1.key" -out "$PKI/$1.csr" 2>/dev/null
  openssl x509 -req -in "$PKI/$1.csr" -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -CAcreateserial -days 3650 -out "$PKI/$1.crt" \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$3") 2>/dev/null
}

# kubeconfig USER FILE
kubeconfig() {
  cat >"$2" <<YAML
apiVersion: v1
kind: Config
current-context: $CLUSTER
contexts: [{name: $CLUSTER, context: {cluster: $CLUSTER, user: $1}}]
clusters: [{name: $CLUSTER, cluster: {server: "https://127.0.0.1:6443", certificate-authority: $PKI/ca.crt}}]
users: [{name: $1, user: {client-certificate: $PKI/$1.crt, client-key: $PKI/$1.key}}]
YAML
}

make_certificates() {
  # Written last, so that an interrupted run starts over instead of going on with half of the keys.
  [ ! -e "$PKI/complete" ] || return 0
  local names=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local
  (
    umask 077
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=$CLUSTER-cluster" -keyout "$PKI/ca.key" -out "$PKI/ca.crt" 2>/dev/null
    # The API server knows a component by its common name and its rights by its organisation.
    issue apiserver  /CN=kube-apiserver "$names,IP:127.0.0.1,IP:$NODE_IP,IP:$API_IP"
    issue admin      /O=system:masters/CN=admin DNS:admin
    issue to-kubelet /O=system:masters/CN=apiserver DNS:apiserver
    issue manager    /CN=system:kube-controller-manager DNS:manager
    issue scheduler  /CN=system:kube-scheduler DNS:scheduler
    issue proxy      /CN=system:kube-proxy DNS:proxy
    issue node       "/O=system:nodes/CN=system:node:$NODE" "DNS:$NODE,IP:$NODE_IP"
    issue front      /CN=front-proxy DNS:front
    openssl genrsa -out "$PKI/sa.key" 2048 2>/dev/null      # signs the tokens of service accounts
    openssl rsa -in "$PKI/sa.key" -pubout -out "$PKI/sa.pub" 2>/dev/null
    kubeconfig admin "$KUBECONFIG"
    for user in manager scheduler proxy node; do kubeconfig "$user" "$PKI/$user.kubeconfig"; done
  )
  touch "$PKI/complete"
}
