# A whole lab: its bridge, its keys and its hosts.

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

make_hosts() { # N: makes h001 to hN; hosts that exist stay as they are
  local index name new=()
  [[ ${1:-} =~ ^[0-9]+$ && $1 -ge 1 && $1 -le 1000 ]] || die "a lab has 1 to 1000 hosts"
  base
  repo
  hello
  kubernetes
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

up() { # N [--json]
  lock_state
  sweep
  [ ! -e "$RUN/lock" ] || die "lab $LAB is leased by a program"
  mkdir -p "$RUN" "$CG" # with both, it is nobody's remains
  touch "$RUN/by-hand"
  unlock_state
  exec 9>"$RUN/up.lock"
  flock 9
  make_hosts "${1:-}"
  exec 9>&-
  if [ "${2:-}" = --json ]; then json; else list; fi
}
