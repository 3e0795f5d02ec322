# Starting and checking the daemons of the node. A daemon is alive when its recorded process is in the node's network
# namespace; a number that the system has given to somebody else's process since then does not count.

alive() {
  local pid
  pid=$(cat "$RUN/$1.pid" 2>/dev/null) || return 1
  [ "$(stat -L -c %i "/proc/$pid/ns/net" 2>/dev/null)" = "$(stat -L -c %i "/run/netns/$NETNS")" ]
}

# start NAME COMMAND…: nothing when it runs already; a second `up` repairs what has died.
start() {
  local name=$1; shift
  ! alive "$name" || return 0
  [ ! -e "$STATE/log/$name.log" ] || mv "$STATE/log/$name.log" "$STATE/log/$name.previous.log"
  # Elsewhere the control plane has processors of its own. Here it shares two with the load, and a late kube-proxy sends requests
  # to pods that are gone, so it goes first. Without the lock of `up` (9), which would be held for as long as the daemon lives.
  setsid bash -c 'echo -10 2>/dev/null >/proc/self/autogroup; exec nsenter "$@"' - --net="/run/netns/$NETNS" -- "$@" \
    >"$STATE/log/$name.log" 2>&1 </dev/null 9>&- &
  echo $! >"$RUN/$name.pid"
}
