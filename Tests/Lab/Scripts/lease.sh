# Labs. Each has a number: 0 is the one that people start by hand, 1 to 99 are leased by programs.
# A lab's number decides its name, its cgroup, its network namespace and its loopback addresses,
# so labs never meet. Descriptor 8 is the lock of a leased lab, held for as long as its program
# lives; descriptor 9 guards the making and removing of labs. No child may inherit either.

use_lab() { # NUMBER
  [[ $1 =~ ^[0-9]{1,2}$ ]] || die "LAB is a number from 0 to 99, not '$1'"
  LAB=$1 RUN=$STATE/$1 NETNS=finflow-lab-$1 CG=$CGROUPS/finflow-lab/$1
}

lock_state() {
  mkdir -p "$STATE"
  exec 9>"$STATE/lock"
  flock 9
}

unlock_state() { exec 9>&-; }

# Removes what labs left behind whose program was killed before it could. The state is locked.
sweep() {
  local run
  for run in "$STATE"/[0-9]*/; do
    [ -d "$run" ] || continue
    (
      use_lab "$(basename "$run")"
      if [ -e "$RUN/by-hand" ]; then
        [ ! -d "$CG" ] || exit 0
      else
        exec 8>"$RUN/lock"
        flock -n 8 || exit 0
      fi
      tear_down
    )
  done
}

# Takes a free number for a program and holds it until this process ends. Numbers go round, so
# that the addresses of a lab that has ended are not at once those of another.
take_lab() {
  local number tries last=0
  lock_state
  sweep
  [ ! -f "$STATE/last" ] || last=$(<"$STATE/last")
  for ((tries = 1; tries <= 99; tries++)); do
    number=$(((last + tries - 1) % 99 + 1))
    mkdir "$STATE/$number" 2>/dev/null || continue
    use_lab "$number"
    exec 8>"$RUN/lock"
    flock -n 8
    echo $$ >"$RUN/holder"
    echo "$number" >"$STATE/last"
    unlock_state
    return
  done
  die "all 99 labs are taken"
}

# A lab for a program: N hosts that live until standard input ends. Prints the lab as one line of
# JSON once they are up. The holder has a session of its own: neither Ctrl-C nor the death of this
# process keeps it from removing the lab when the program has ended, however that ended.
lease() { # N
  setsid "$HERE/hosts" hold "$@" <&0 &
  wait $!
}

hold() { # N
  trap : PIPE
  take_lab
  trap 'trap "" INT TERM HUP; remove_lab' EXIT
  trap 'exit 143' INT TERM HUP
  LEASH=(setpriv --pdeathsig KILL)
  make_hosts "$1"
  json
  while read -r _; do :; done # no child, which would inherit the lab's lock
}

# Ends exactly the processes in the lab's cgroups, then removes what `up` made; the caches stay.
tear_down() {
  if [ -d "$CG" ]; then
    echo 1 >"$CG/cgroup.kill"
    until grep -q 'populated 0' "$CG/cgroup.events"; do sleep .02; done
    find "$CG" -depth -type d -exec rmdir {} +
    rmdir --ignore-fail-on-non-empty "$CGROUPS/finflow-lab"
  fi
  [ ! -e "/run/netns/$NETNS" ] || ip netns del "$NETNS"
  rm -rf "$RUN"
  if [ -f "$STATE/inotify.was" ] && ! compgen -G "$STATE/[0-9]*" >/dev/null; then
    cat "$STATE/inotify.was" >"$INOTIFY"
    rm "$STATE/inotify.was"
  fi
}

remove_lab() {
  lock_state
  tear_down
  sweep
  unlock_state
}
