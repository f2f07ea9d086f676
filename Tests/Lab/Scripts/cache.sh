# What is built once and kept: the base image, the relay program, the package repositories.
# Each lies in a directory named after a hash of what it is made from and is moved there in one
# rename, so what has its final name is complete. Builders take the cache's lock.

BASE_PACKAGES=systemd,systemd-sysv,dbus,libpam-systemd,openssh-server,sudo,iproute2
BASE_PACKAGES+=,python3-minimal,python3-apt,ca-certificates,procps,iputils-ping

hash_of() { sha256sum | cut -c1-16; }

# Runs BUILDER with a scratch directory unless KIND/KEY exists; sets BUILT to its path.
cached() { # KIND KEY BUILDER
  BUILT=$CACHE/$1/$2
  [ -d "$BUILT" ] && return
  local kind=$1 key=$2 builder=$3 scratch lock
  mkdir -p "$CACHE/$kind"
  exec {lock}>"$CACHE/lock.$kind"
  flock "$lock"
  if [ ! -d "$CACHE/$kind/$key" ]; then
    # The lock is ours, so whatever else is half built was left by a builder that died.
    rm -rf "$CACHE/$kind"/.building.*
    scratch=$CACHE/$kind/.building.$$
    mkdir "$scratch"
    "$builder" "$scratch"
    mv -T "$scratch" "$CACHE/$kind/$key"
  fi
  exec {lock}>&-
  BUILT=$CACHE/$kind/$key
}

release_name() { (. /etc/os-release && echo "$VERSION_CODENAME"); }

# The machine's own Debian sources for its own release, as one-line entries: the lab takes its
# packages from where this machine takes its packages, and from nowhere else.
machine_sources() {
  local release keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=''
  release=$(release_name)
  [ ! -f "$keyring" ] || signed="[signed-by=$keyring] "
  apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' |
    awk -v release="$release" -v signed="$signed" '
      NF == 3 { $0 = "Debian " $0 } # lists never fetched: the origin is not known yet
      $1 == "Debian" && ($3 == release || $3 == release "-updates" || $3 == release "-security") {
        print "deb " signed $2, $3, $4 }' | sort -u
}

base_key() {
  { cat /etc/os-release /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || :
    echo "$BASE_PACKAGES"
    declare -f machine_sources build_base; } | hash_of
}

build_base() { # SCRATCH
  local sources root=$1/root unit
  sources=$(machine_sources)
  [ -n "$sources" ] || die "this machine's apt has no source for Debian $(release_name)"
  say "building the base image (once, a minute or so)"
  mmdebstrap --quiet --variant=minbase --dpkgopt=force-unsafe-io \
    --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include="$BASE_PACKAGES" "$(release_name)" "$root" - <<<"$sources" >&2
  chroot "$root" useradd --create-home --shell /bin/bash ops
  install -m 440 /dev/stdin "$root/etc/sudoers.d/ops" <<<'ops ALL=(ALL) NOPASSWD:ALL'
  rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/resolv.conf" "$root/etc/machine-id"
  # Nothing may start by itself while a test counts what changed.
  for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service \
    dpkg-db-backup.timer console-getty.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  mkdir -p "$root/srv/debs" "$root/srv/hello"
}

base() {
  [ -z "${BASE:-}" ] || return 0
  cached base "$(base_key)" build_base
  BASE=$BUILT/root
}

build_relay() { # SCRATCH
  local compiler
  for compiler in "${CC:-clang}" cc gcc; do
    command -v "$compiler" >/dev/null && break
  done
  "$compiler" -O2 -Wall -Werror -o "$1/relay" "$HERE/Scripts/relay.c" ||
    die "the relay needs a C compiler (clang comes with Swift)"
}

relay_program() {
  cached relay "$(hash_of <"$HERE/Scripts/relay.c")" build_relay
  RELAY=$BUILT/relay
}
