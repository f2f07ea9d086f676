# How hosts are reached: the relay, and the files and answers that tell of it.

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
