# A lab as an environment of this project, so that finflowctl can be tried on it: `hosts with`
# gives a command the environment `lab` and a home directory whose ssh knows the hosts.

write_environment() {
  local home=$RUN/home environment=$RUN/Playbooks/environments/lab
  mkdir -p "$environment" "$home"
  install -d -m 700 "$home/.ssh"
  ln -sfn "$RUN/ssh_config" "$home/.ssh/config"
  ln -sfn "$RUN/known_hosts" "$home/.ssh/known_hosts"
  ln -sfn "$PROJECT/Playbooks/site.yaml" "$RUN/Playbooks/site.yaml"
  ln -sfn "$PROJECT/Playbooks/roles" "$RUN/Playbooks/roles"
  describe_environment >"$environment/environment.yaml"
}

describe_environment() {
  local name all serving
  all=($(names))
  serving=$(printf '%s, ' "${all[@]:1}")
  cat <<END
# The lab's first host watches, the others serve.
platform: hosts

inventory:
  user: ops
  identity: $RUN/id_ed25519
  port: $(<"$RUN/port")
  hosts:
END
  for name in "${all[@]}"; do
    echo "    $name: { address: $(relay_address "$(index_of "$name")") }"
  done
  cat <<END
  groups:
    workstation: {}
    servers: { children: [containers, app, monitoring] }
    containers: {}
    kubernetes: {}
    app: { hosts: [${serving%, }] }
    monitoring: { hosts: [${all[0]}] }

vars:
  system: false
  operators:
    - name: ops
      comment: FinFlow operations
      keys: ["$(<"$RUN/id_ed25519.pub")"]
  firewall_allow:
    - { ports: 22, sources: [10.77.0.0/16] }
    - { ports: 9100, sources: [10.77.0.0/16] }
  services:
    - { name: payments, port: 8081 }
END
}

with() { # COMMAND…
  [ -d "$RUN/home" ] || die "lab $LAB has no hosts: hosts up 3"
  HOME=$RUN/home FINFLOW_PLAYBOOKS=$RUN/Playbooks exec "$@"
}
