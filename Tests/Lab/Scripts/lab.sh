# A whole lab: its bridge, its keys, its hosts, and the files that tell how to reach them.

inside_lab() { nsenter --net="/run/netns/$NETNS" -- "$@"; }

make_bridge() {
  [ ! -e "/run/netns/$NETNS" ] || return 0
  ip netns add "$NETNS"
  inside_lab ip -batch - <<<$'link set lo up\nlink add br0 type bridge\nlink set br0 up
addr add 10.77.0.1/16 dev br0'
}

# One layer above the base image for all hosts: the lab's key, and apt on the local repository.
make_seed() {
  SEED=$RUN/seed
  [ ! -d "$SEED" ] || return 0
  local new=$RUN/seed.new home id list
  [ -f "$RUN/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C "$NETNS" -f "$RUN/id_ed25519"
  rm -rf "$new"
  mkdir -p "$new/etc/apt/sources.list.d"
  while read -r home id; do
    install -d -m 700 -o "$id" -g "$id" "$new/$home" "$new/$home/.ssh"
    install -m 600 -o "$id" -g "$id" "$RUN/id_ed25519.pub" "$new/$home/.ssh/authorized_keys"
  done <<<$'root 0\nhome/ops 1000'
  : >"$new/etc/apt/sources.list"
  for list in "$BASE"/etc/apt/sources.list.d/*; do
    [ ! -e "$list" ] || : >"$new/etc/apt/sources.list.d/${list##*/}"
  done
  echo 'deb [trusted=yes] file:/srv/debs ./' >"$new/etc/apt/sources.list.d/lab.list"
  mv -T "$new" "$SEED"
}

# A host has some six inotify instances; the kernel's 128 would end at 20 hosts.
raise_inotify() {
  [ "$(<"$INOTIFY")" -lt 8192 ] || return 0
  cat "$INOTIFY" >"$STATE/inotify.was"
  echo 8192 >"$INOTIFY"
}

# The relay listens on port 22 of the loopback addresses, unless this machine's own sshd has
# port 22 of all addresses.
relay_port() {
  if ss -Hltn 'sport = :22' | grep -qE '(0\.0\.0\.0|\*|\[::\]):22'; then echo 2222; else echo 22; fi
}

start_relay() { # NAME…
  local name index pairs=() answer
  [ -f "$RUN/port" ] || relay_port >"$RUN/port"
  for name in "$@"; do
    index=$(index_of "$name")
    pairs+=("$(relay_address "$index"):$(<"$RUN/port")=$(host_address "$index"):22")
  done
  exec 6< <(
    exec 8>&- 9>&-
    echo 0 >"$CG/keepers/cgroup.procs"
    exec setsid "${LEASH[@]}" "$RELAY" "/run/netns/$NETNS" "${pairs[@]}" \
      </dev/null 2>>"$RUN/relay.log")
  read -r -t 20 -u 6 answer || die "the relay did not start: $(tail -n 1 "$RUN/relay.log")"
  exec 6<&-
}

await_ssh() { # NAME…
  local name missing
  missing=$(for name in "$@"; do echo "$name $(host_address "$(index_of "$name")")"; done |
    inside_lab timeout 90 bash -c '
      while read -r name address; do
        echo "$name"
        until exec 3<>"/dev/tcp/$address/22" && read -r -t 5 -u 3; do sleep .02; done
      done && echo' 2>/dev/null | tail -n 1) || :
  [ -n "$missing" ] || return 0
  tail -n 5 "$RUN/$missing/keeper.log" "$RUN/$missing/console.log" >&2 || :
  die "$missing did not come up"
}

make_hosts() { # N: makes h001 to hN; hosts that exist stay as they are
  local index name new=()
  [[ ${1:-} =~ ^[0-9]+$ && $1 -ge 1 && $1 -le 1000 ]] || die "a lab has 1 to 1000 hosts"
  base
  repo
  hello
  relay_program
  mkdir -p "$RUN" "$CG/keepers"
  raise_inotify
  make_bridge
  make_seed
  for ((index = 1; index <= $1; index++)); do
    name=$(printf 'h%03d' "$index")
    [ ! -d "$RUN/$name" ] || continue
    describe "$name"
    start_keeper "$name"
    new+=("$name")
  done
  [ ${#new[@]} = 0 ] || { start_relay "${new[@]}"; await_ssh "${new[@]}"; }
  write_files
}

names() { (cd "$RUN" 2>/dev/null && compgen -G 'h[0-9]*' | sort -V) || :; }

write_files() {
  local name
  cat "$RUN"/h[0-9]*/known_hosts >"$RUN/known_hosts"
  ssh_config relay_address "$(<"$RUN/port")" >"$RUN/ssh_config"
  ssh_config host_address 22 >"$RUN/ssh_config.inside"
  { echo '[lab]'
    for name in $(names); do
      echo "$name ansible_host=$(host_address "$(index_of "$name")")"
    done
    printf '[lab:vars]\nansible_user=ops\nansible_ssh_private_key_file=%s\n' "$RUN/id_ed25519"
    printf 'ansible_python_interpreter=/usr/bin/python3\n'
    printf 'ansible_ssh_common_args=-F %s\n' "$RUN/ssh_config.inside"
  } >"$RUN/inventory.ini"
  write_environment
}

ssh_config() { # ADDRESS-FUNCTION PORT
  local name
  for name in $(names); do
    printf 'Host %s\n  HostName %s\n' "$name" "$("$1" "$(index_of "$name")")"
  done
  cat <<END
Host *
  User ops
  Port $2
  IdentityFile $RUN/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile $RUN/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
END
}

list() {
  local name index
  for name in $(names); do
    index=$(index_of "$name")
    echo "$name $(relay_address "$index") $(host_address "$index")" \
      "$(alive "$name" && echo up || echo off)"
  done
}

json() {
  local name index separator=''
  printf '{"lab":%d,"directory":"%s","namespace":"%s","port":%d,"hosts":[' \
    "$LAB" "$RUN" "/run/netns/$NETNS" "$(<"$RUN/port")"
  for name in $(names); do
    index=$(index_of "$name")
    printf '%s{"name":"%s","address":"%s","inside":"%s"}' "$separator" "$name" \
      "$(relay_address "$index")" "$(host_address "$index")"
    separator=,
  done
  printf ']}\n'
}

up() { # N [--json]
  lock_state
  sweep
  mkdir -p "$RUN"
  [ -e "$RUN/lock" ] || touch "$RUN/by-hand"
  [ -e "$RUN/by-hand" ] || die "lab $LAB is leased by a program, which alone may enlarge it"
  make_hosts "${1:-}"
  unlock_state
  if [ "${2:-}" = --json ]; then json; else list; fi
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
