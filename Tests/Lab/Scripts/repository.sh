# Three apt repositories that every host sees, read-only:
#   /srv/debs   Debian packages with what they need beyond the base image, trusted
#   /srv/hello  versions 1.0 and 2.0 of one tiny package, signed with a key of its own
#   /srv/kubernetes  stand-ins for kubeadm, kubelet and kubectl: Kubernetes/README.md

# What the project's roles and tests install.
ROLE_PACKAGES=(chrony nftables fail2ban python3-systemd auditd unattended-upgrades logrotate locales docker.io
  containerd prometheus-node-exporter prometheus prometheus-alertmanager rsyslog cron curl
  ca-certificates tree jq less acl postgresql-client zstd age busybox python3-yaml)

# Prints the packages of the repository: the roles', those asked for before, and those given.
wanted_packages() {
  { printf '%s\n' "${ROLE_PACKAGES[@]}" "$@"
    cat "$CACHE/debs/current/wanted" 2>/dev/null || :; } | sort -u
}

repo() { # [PACKAGE…]
  base
  WANTED=$(wanted_packages "$@")
  cached debs "$({ echo "$BASE" "$WANTED"; declare -f build_debs; } | hash_of)" build_debs
  DEBS=$BUILT
  [ "$(readlink "$CACHE/debs/current")" != "${DEBS##*/}" ] || return 0
  ln -sfn "${DEBS##*/}" "$CACHE/debs/.current.$$" # another may be doing the same
  mv -T "$CACHE/debs/.current.$$" "$CACHE/debs/current"
}

# apt of this machine resolves against the base image's dpkg status with the base image's sources.
build_debs() { # SCRATCH
  local pool=$1 apt package state
  say "downloading packages for the hosts (once)"
  state=$(mktemp -d)
  mkdir -p "$state/lists/partial" "$pool/partial"
  [ ! -d "$CACHE/debs/current" ] || cp -l "$CACHE"/debs/current/*.deb "$pool/" 2>/dev/null || :
  apt=(apt-get -qq -o "Dir::State=$state" -o "Dir::State::lists=$state/lists"
    -o "Dir::State::status=$BASE/var/lib/dpkg/status" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::Etc::sourcelist=$BASE/etc/apt/sources.list" -o Dir::Etc::preferencesparts=/dev/null
    -o "Dir::Cache::archives=$pool" -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache="
    -o APT::Sandbox::User=root -o Acquire::Languages=none -o APT::Keep-Downloaded-Packages=true)
  "${apt[@]}" update
  # One at a time: packages that exclude each other may both be wanted.
  for package in $WANTED; do
    "${apt[@]}" install -y --download-only --no-install-recommends "$package" >/dev/null ||
      die "apt cannot fetch $package"
  done
  rm -rf "$state" "$pool/partial" "$pool/lock"
  echo "$WANTED" >"$pool/wanted"
  index_flat "$pool"
}

index_flat() { # DIRECTORY
  (cd "$1" && apt-ftparchive packages . >Packages && apt-ftparchive release . >Release)
}

hello() {
  cached hello "$(declare -f build_hello build_hello_package | hash_of)" build_hello
  HELLO=$BUILT
}

build_hello_package() { # VERSION POOL
  local tree
  tree=$(mktemp -d)
  mkdir -p "$tree/DEBIAN" "$tree/usr/bin" "$tree/etc"
  cat >"$tree/DEBIAN/control" <<END
Package: finflow-hello
Version: $1
Architecture: all
Maintainer: FinFlow tests <tests@finflow.invalid>
Section: misc
Priority: optional
Description: says hello, and which version it is
END
  echo /etc/finflow-hello.conf >"$tree/DEBIAN/conffiles"
  echo "greeting = hello from $1" >"$tree/etc/finflow-hello.conf"
  printf '#!/bin/sh\necho finflow-hello %s\n' "$1" >"$tree/usr/bin/finflow-hello"
  chmod 755 "$tree" "$tree/usr/bin/finflow-hello"
  dpkg-deb --root-owner-group --build "$tree" "$2/finflow-hello_$1_all.deb" >/dev/null
  rm -rf "$tree"
}

build_hello() { # SCRATCH
  local top=$1 dist=$1/dists/stable home
  home=$(mktemp -d)
  mkdir -p "$top/pool" "$dist/main/binary-amd64" "$dist/main/binary-arm64"
  build_hello_package 1.0 "$top/pool"
  build_hello_package 2.0 "$top/pool"
  (cd "$top"
    apt-ftparchive packages pool | tee dists/stable/main/binary-{amd64,arm64}/Packages >/dev/null
    apt-ftparchive -o APT::FTPArchive::Release::Suite=stable \
      -o APT::FTPArchive::Release::Codename=stable -o APT::FTPArchive::Release::Origin=FinFlow \
      -o APT::FTPArchive::Release::Architectures='amd64 arm64' \
      -o APT::FTPArchive::Release::Components=main release dists/stable >Release.new)
  mv "$top/Release.new" "$dist/Release"
  chmod 700 "$home"
  sign() { gpg --homedir "$home" --batch --quiet --pinentry-mode loopback --passphrase '' "$@"; }
  sign --quick-generate-key 'FinFlow test repository <tests@finflow.invalid>' ed25519 sign never \
    2>/dev/null
  sign --armor --export >"$top/key.asc"
  sign --export >"$top/key.gpg"
  sign --clearsign --output "$dist/InRelease" "$dist/Release"
  sign --armor --detach-sign --output "$dist/Release.gpg" "$dist/Release"
  gpgconf --homedir "$home" --kill all
  rm -rf "$home"
}
