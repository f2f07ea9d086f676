# The repository /srv/kubernetes: the stand-ins of Kubernetes/ as packages, in one flat signed
# repository for each minor version, as pkgs.k8s.io has them.

KUBERNETES_VERSIONS=(1.30.4 1.30.6 1.31.2 1.32.0)

kubernetes() {
  cached kubernetes "$({ cat "$HERE"/Kubernetes/*.py
    echo "${KUBERNETES_VERSIONS[@]}"
    declare -f build_kubernetes build_kubernetes_package index_kubernetes; } | hash_of)" \
    build_kubernetes
  KUBERNETES=$BUILT
}

build_kubernetes_package() { # PROGRAM VERSION POOL
  local program=$1 version=$2 tree home
  tree=$(mktemp -d)
  home=$tree/usr/lib/$program
  mkdir -p "$tree/DEBIAN" "$tree/usr/bin" "$home"
  cp "$HERE"/Kubernetes/*.py "$home/"
  echo "v$version" >"$home/version"
  # Isolated, and without a cache of bytecode, which no package would own.
  printf '#!/bin/sh\nexec python3 -B /usr/lib/%s/%s.py "$@"\n' "$program" "$program" \
    >"$tree/usr/bin/$program"
  cat >"$tree/DEBIAN/control" <<END
Package: $program
Version: $version-1.1
Architecture: all
Maintainer: FinFlow tests <tests@finflow.invalid>
Section: admin
Priority: optional
Depends: python3, python3-yaml
Description: a stand-in for $program that models a cluster
END
  if [ "$program" = kubelet ]; then
    mkdir -p "$tree/lib/systemd/system"
    cat >"$tree/lib/systemd/system/kubelet.service" <<'END'
[Unit]
Description=kubelet: The Kubernetes Node Agent (a stand-in)
StartLimitIntervalSec=0

[Service]
EnvironmentFile=-/etc/default/kubelet
ExecStart=/usr/bin/kubelet
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
END
    printf '#!/bin/sh\nsystemctl daemon-reload\nsystemctl enable --now kubelet\n' \
      >"$tree/DEBIAN/postinst"
    # As in the real package, an upgrade does not restart it.
    printf '#!/bin/sh\n[ "$1" != remove ] || systemctl disable --now kubelet\n' \
      >"$tree/DEBIAN/prerm"
    chmod 755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/prerm"
  fi
  chmod 755 "$tree" "$tree/usr/bin/$program"
  dpkg-deb --root-owner-group --build "$tree" "$3/${program}_$version-1.1_all.deb" >/dev/null
  rm -rf "$tree"
}

index_kubernetes() { # DIRECTORY KEYHOME
  (cd "$1"
    apt-ftparchive packages . >Packages
    apt-ftparchive -o APT::FTPArchive::Release::Origin=obs release . >../Release.new
    mv ../Release.new Release)
  gpg --homedir "$2" --batch --quiet --pinentry-mode loopback --passphrase '' \
    --clearsign --output "$1/InRelease" "$1/Release"
}

build_kubernetes() { # SCRATCH
  local top=$1 home version program minor
  home=$(mktemp -d)
  chmod 700 "$home"
  gpg --homedir "$home" --batch --quiet --pinentry-mode loopback --passphrase '' \
    --quick-generate-key 'FinFlow stand-ins <tests@finflow.invalid>' ed25519 sign never 2>/dev/null
  gpg --homedir "$home" --batch --quiet --armor --export >"$top/key.asc"
  for version in "${KUBERNETES_VERSIONS[@]}"; do
    minor=$top/v${version%.*}
    mkdir -p "$minor"
    for program in kubeadm kubelet kubectl; do
      build_kubernetes_package "$program" "$version" "$minor"
    done
  done
  for minor in "$top"/v*; do index_kubernetes "$minor" "$home"; done
  gpgconf --homedir "$home" --kill all
  rm -rf "$home"
}
