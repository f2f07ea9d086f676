# Hosts switched off and on, rebooted, reset, looked into.

order() { # NAME ORDER
  echo "$2" 1<>"$RUN/$1/orders"
}

cut_power() { echo 1 >"$CG/$1/cgroup.kill"; } # NAME: the disk stays, as after a power cut

await_boot() { # NAME BOOTS: until it booted more often than that
  local tries
  for ((tries = 0; tries < 1500; tries++)); do
    [ "$(<"$RUN/$1/boots")" -le "$2" ] || return 0
    sleep .02
  done
  tail -n 5 "$RUN/$1/keeper.log" >&2 || :
  die "$1 did not boot"
}

# Ends the ssh connections of a host, as a network failure would; its sshd goes on listening.
# All of a round is found before any of it is killed: the kernel's list of a group's processes
# shrinks as they die, and who reads it line by line meanwhile passes some over. Further rounds
# meet those that were moving between groups, as a login does, and await the end of all.
cut_connections() { # NAME
  local init pids
  known_host "$1"
  init=$(leader "$1")
  while :; do
    mapfile -t pids < <(connections "$1" "$init")
    [ ${#pids[@]} != 0 ] || return 0
    kill -KILL "${pids[@]}" 2>/dev/null || :
    sleep .02
  done
}

# Every sshd process but the one that listens, which is init's child. It has the listener's title,
# or none yet; a connection's first process may still have that title, too, as its child.
connections() { # NAME INIT
  local groups pid parent name title
  mapfile -t groups < <(find "$CG/$1" -name cgroup.procs)
  cat "${groups[@]}" 2>/dev/null | while read -r pid; do
    read -r _ name _ parent _ 2>/dev/null <"/proc/$pid/stat" || continue
    [ "$name" = '(sshd)' ] || continue
    title=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") || continue
    [[ $parent == "$2" && ($title != sshd:* || $title == *'[listener]'*) ]] || echo "$pid"
  done
}

# Boots hosts with ORDER after their power was cut, all at once, and waits for their sshd.
reboot_with() { # ORDER NAME…
  local order=$1 name
  local -A boots
  shift
  for name in "$@"; do
    known_host "$name"
    boots[$name]=$(<"$RUN/$name/boots")
    order "$name" "$order"
    cut_power "$name"
  done
  for name in "$@"; do await_boot "$name" "${boots[$name]}"; done
  await_ssh "$@"
}

reset() { reboot_with reset "$@"; } # NAME…
cycle() { reboot_with start "$@"; } # NAME…

off() { # NAME…
  local name
  for name in "$@"; do
    known_host "$name"
    cut_power "$name"
    until ! alive "$name"; do sleep .02; done
  done
}

on() { # NAME…
  local name
  for name in "$@"; do
    known_host "$name"
    alive "$name" || order "$name" start
  done
  await_ssh "$@"
}

reboot() { # NAME…: as its operator would, from inside
  local name
  local -A boots
  for name in "$@"; do
    known_host "$name"
    boots[$name]=$(<"$RUN/$name/boots")
    (enter "$name" systemctl reboot)
  done
  for name in "$@"; do await_boot "$name" "${boots[$name]}"; done
  await_ssh "$@"
}

# The process that is PID 1 inside: nspawn keeps the host's cgroups under `payload`.
leader() { # NAME
  local pid=''
  read -r pid 2>/dev/null <"$CG/$1/payload/init.scope/cgroup.procs" || :
  [ -n "$pid" ] || die "$1 is not running"
  echo "$pid"
}

# Runs a command inside the host as root without its sshd, with no more power over the machine
# than the host's own root has.
enter() { # NAME COMMAND…
  local name=$1 pid
  known_host "$name"
  shift
  pid=$(leader "$name")
  exec setpriv --bounding-set=-sys_module,-sys_rawio,-sys_time,-syslog,-audit_control \
    nsenter --target "$pid" --mount --uts --ipc --net --pid --cgroup --root --wdns=/ -- "$@"
}
