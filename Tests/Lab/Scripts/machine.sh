# What this machine lacks to run hosts, a line each. Nothing is changed and nothing is built.

check() {
  local program missing=()
  [ "$(id -u)" = 0 ] || missing+=("root: hosts are made of namespaces and mounts")
  for program in mmdebstrap:mmdebstrap systemd-nspawn:systemd-container ip:iproute2 ss:iproute2 \
    ssh-keygen:openssh-client apt-ftparchive:apt-utils apt-get:apt dpkg-deb:dpkg gpg:gpg \
    nsenter:util-linux unshare:util-linux setpriv:util-linux flock:util-linux; do
    command -v "${program%%:*}" >/dev/null || missing+=("package ${program#*:}: ${program%%:*}")
  done
  command -v "${CC:-clang}" cc gcc >/dev/null || missing+=("a C compiler: clang comes with Swift")
  [ -n "$CGROUPS" ] || missing+=("cgroup2: no unified hierarchy is mounted")
  if [ ${#missing[@]} = 0 ]; then
    unshare --mount --net sh -c 'ip link add type veth' 2>/dev/null ||
      missing+=("network namespaces: the kernel refuses them")
    unshare --mount sh -c 'mount -t tmpfs t /mnt && mkdir /mnt/u /mnt/w /mnt/r &&
      mount -t overlay -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w o /mnt/r' 2>/dev/null ||
      missing+=("overlay file systems: the kernel refuses them")
  fi
  [ ${#missing[@]} = 0 ] || { printf '%s\n' "${missing[@]}"; exit 69; }
}
