# The node's network namespace: loopback, one address, no cable.

make_network() {
  node_exists || ip netns add "$NETNS"
  in_node ip link set lo up
  # A bridge without ports carries the address: some kernels have no `dummy` links.
  in_node ip link show node0 >/dev/null 2>&1 || in_node ip link add node0 type bridge
  in_node ip addr replace "$NODE_IP/24" dev node0
  in_node ip link set node0 up
  in_node ip route replace default dev node0      # components look for the device of the default route
  in_node sysctl -qw net.ipv4.ip_forward=1
  # A load test opens tens of thousands of short connections to one port: let closed ones be used again, and give them
  # every port that is neither a daemon's nor a node port.
  in_node sysctl -qw net.ipv4.tcp_tw_reuse=1 net.ipv4.ip_local_port_range="11000 65535" net.ipv4.ip_local_reserved_ports=30000-32767
}

# What would leave the node is refused at once. Without an answer, the search for a registry's name would take a minute,
# and so would every image that is not there. Pods and Services are passed over by address, because a packet to them still
# bears the device of the default route when the rules see it.
refuse_the_world() {
  local chain network
  in_node iptables -w -N OUTSIDE 2>/dev/null || in_node iptables -w -F OUTSIDE
  for network in "$NODE_IP/24" "$POD_CIDR" "$SERVICE_CIDR"; do in_node iptables -w -A OUTSIDE -d "$network" -j RETURN; done
  in_node iptables -w -A OUTSIDE -j REJECT
  for chain in OUTPUT FORWARD; do
    in_node iptables -w -C "$chain" -o node0 -j OUTSIDE 2>/dev/null || in_node iptables -w -I "$chain" -o node0 -j OUTSIDE
  done
}

# Control groups of the pods, in each hierarchy of the first version or in the only one of the second. All pods together weigh
# as much as four other groups, else each program of the node and of its user would get as much of the processors as all pods.
make_control_groups() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p "/sys/fs/cgroup/$CGROUP"
    for controller in cpu cpuset io memory pids; do
      echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || echo "cluster: no control of $controller" >&2
    done
    echo 400 >"/sys/fs/cgroup/$CGROUP/cpu.weight"
    return
  fi
  local hierarchy
  while read -r hierarchy; do
    mkdir -p "$hierarchy/$CGROUP"
    [ ! -e "$hierarchy/$CGROUP/cpu.shares" ] || echo 4096 >"$hierarchy/$CGROUP/cpu.shares"
  done < <(awk '$3 == "cgroup" {print $2}' /proc/mounts)
}
