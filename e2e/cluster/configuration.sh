# The configuration files of containerd, the pod network, kubelet, kube-proxy and CoreDNS. Written once: kube-proxy ends
# itself when its file is written again, even with the same bytes.

once() { [ -e "$1" ] && cat >/dev/null || cat >"$1"; }

write_configuration() {
  once "$STATE/cni/10-pods.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$POD_CIDR"}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "$RUN/addresses"}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
JSON

  # restrict_oom_score_adj: runc may not lower its own score where CAP_SYS_RESOURCE is missing, and fails with "can't get
  # final child's PID from pipe". The pods' network namespaces stay below our own folder, so that `down` knows them.
  once "$STATE/containerd.toml" <<TOML
version = 3
root = "$STATE/containerd"
state = "$RUN/containerd"
[grpc]
address = "$SOCKET"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = 'registry.k8s.io/pause:3.10'
[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ['/usr/lib/cni']
conf_dir = '$STATE/cni'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = false
Root = "$RUN/runc"
TOML

  # failCgroupV1: hosts with the first version of control groups are still about. The image limits are off, because an
  # image that was removed here can't be pulled again. syncFrequency: a mounted Secret or ConfigMap that changed is renewed within
  # seconds instead of a minute or more, so that Prometheus soon knows a new release.
  : >"$STATE/resolv.conf"
  once "$STATE/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix://$SOCKET
cgroupDriver: cgroupfs
cgroupRoot: /$CGROUP
failCgroupV1: false
failSwapOn: false
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $PKI/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $PKI/node.crt
tlsPrivateKeyFile: $PKI/node.key
clusterDomain: cluster.local
clusterDNS: ["$DNS_IP"]
resolvConf: $STATE/resolv.conf
podLogsDir: $STATE/log/pods
syncFrequency: 10s
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 200Mi, nodefs.available: "1%", imagefs.available: "1%"}
YAML

  # iptables mode, because some kernels come without IPVS; connection limits of 0 leave the host's settings alone.
  once "$STATE/proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clusterCIDR: $POD_CIDR
hostnameOverride: $NODE
clientConnection: {kubeconfig: $PKI/proxy.kubeconfig}
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
YAML

  once "$STATE/Corefile" <<CONFIG
.:53 {
  bind $NODE_IP
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $KUBECONFIG
  }
  cache 5
}
CONFIG
}
