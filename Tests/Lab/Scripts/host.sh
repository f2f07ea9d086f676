# One host: a keeper process that owns its disk and its network and boots it as often as asked.
# Disk, network and mounts belong to the keeper's private mount namespace, so all of them vanish
# with the host's last process, however that ends.

TMPFS=${LAB_DISK:-2g} # the most that one host may write

host_address() { echo "10.77.$(($1 / 250)).$(($1 % 250 + 2))"; }             # h001: 10.77.0.3
relay_address() { echo "127.$((77 + LAB)).$(($1 / 250)).$(($1 % 250 + 2))"; } # h001: 127.77.0.3
index_of() { echo $((10#${1#h})); }
alive() { grep -qs 'populated 1' "$CG/$1/cgroup.events"; }

known_host() { # NAME
  [[ ${1:-} =~ ^h[0-9]{3,4}$ && -d $RUN/$1 ]] || die "no host '${1:-}' in lab $LAB"
}

describe() { # NAME: what this host has from its birth and keeps through a reset
  local name=$1 dir=$RUN/$1 index relay
  index=$(index_of "$1")
  relay=$(relay_address "$index")
  mkdir -p "$dir/disk" "$dir/etc/ssh" "$CG/$name"
  echo "$name" >"$dir/etc/hostname"
  printf '127.0.0.1 localhost %s\n' "$name" >"$dir/etc/hosts"
  md5sum <<<"$NETNS-$name" | cut -c1-32 >"$dir/etc/machine-id"
  ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$dir/etc/ssh/ssh_host_ed25519_key"
  echo "$name,$(host_address "$index"),$relay,[$relay]:2222" \
    "$(cut -d' ' -f1,2 "$dir/etc/ssh/ssh_host_ed25519_key.pub")" >"$dir/known_hosts"
  echo 0 >"$dir/boots"
  mkfifo "$dir/orders"
}

# Starts the keeper in the background, as PID 1 of a namespace: where it ends, and with LEASH set
# it ends when this process does, the kernel ends every process of its host.
start_keeper() { # NAME
  (
    exec 8>&- 9>&-
    echo 0 >"$CG/keepers/cgroup.procs"
    exec setsid "${LEASH[@]}" unshare --pid --fork --kill-child --mount-proc \
      --mount --propagation slave \
      "$HERE/hosts" keep "$LAB" "$1" "$SEED:$BASE" "$DEBS" "$HELLO" "$KUBERNETES"
  ) </dev/null >"$RUN/$1/keeper.log" 2>&1 &
  disown
}

# The keeper. Orders come through a FIFO: `start` boots a host that is off, `reset` boots it anew
# with a fresh disk and network. systemd-nspawn exits with 133 when the host reboots itself.
keep() { # LAB NAME LOWER DEBS HELLO KUBERNETES
  use_lab "$1"
  local name=$2 lower=$3 debs=$4 hello=$5 kubernetes=$6 dir=$RUN/$2
  local status order boots=0
  mount -t cgroup2 cgroup2 /sys/fs/cgroup # nspawn's view; ours too, from here on
  CG=/sys/fs/cgroup/finflow-lab/$LAB
  mount -t tmpfs tmpfs /run/systemd
  exec 7<>"$dir/orders"
  order=reset
  while :; do
    [ "$order" != reset ] || { fresh_network "$name"; fresh_disk "$dir" "$lower"; }
    echo $((boots += 1)) >"$dir/boots.new"
    mv "$dir/boots.new" "$dir/boots" # whoever waits for it never reads half of it
    status=0
    boot || status=$?
    order=start
    if [ $status != 133 ] || read -r -t 0 -u 7; then read -r -u 7 order; fi
  done
}

boot() ( # in the keeper's scope
  exec 7>&-
  echo 0 >"$CG/$name/cgroup.procs"
  export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
  exec setpriv --pdeathsig KILL systemd-nspawn --quiet --boot --directory="$dir/disk/root" \
    --machine="$name" --register=no --keep-unit --network-namespace-path="$dir/network" \
    --capability=CAP_NET_ADMIN --bind-ro="$debs:/srv/debs" --bind-ro="$hello:/srv/hello" \
    --bind-ro="$kubernetes:/srv/kubernetes" \
    --resolv-conf=off --timezone=off --link-journal=no --console=read-only \
    </dev/null >>"$dir/console.log" 2>&1
)

fresh_disk() { # DIRECTORY LOWER
  local disk=$1/disk
  ! mountpoint -q "$disk" || umount --lazy --recursive "$disk"
  mount -t tmpfs -o "size=$TMPFS,mode=755" finflow-lab "$disk"
  mkdir "$disk"/{upper,work,root}
  cp -a "$1/etc" "$disk/upper/"
  mount -t overlay -o "lowerdir=$2,upperdir=$disk/upper,workdir=$disk/work" \
    finflow-lab "$disk/root"
}

fresh_network() { # NAME
  local name=$1 file=$RUN/$1/network index
  index=$(index_of "$1")
  inside_lab ip link del "$name" 2>/dev/null || :
  ! mountpoint -q "$file" || umount "$file"
  : >"$file"
  unshare --net="$file" true
  # The hardware address stays the same, so no neighbour remembers a wrong one.
  inside_lab ip -batch - <<END
link add $name type veth peer name host0 netns $file
link set $name master br0 up
END
  nsenter --net="$file" ip -batch - <<END
link set lo up
link set host0 address 02:77:00:00:$(printf '%02x:%02x' $((index / 256)) $((index % 256)))
addr add $(host_address "$index")/16 dev host0
link set host0 up
END
}
