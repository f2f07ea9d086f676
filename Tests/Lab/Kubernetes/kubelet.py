"""The kubelet: runs the API server where it is to run, and tells the cluster of its node."""
import os
import shlex
import socket
import subprocess
import sys
import time

import yaml

from common import HERE, KUBELET, MANIFEST, MEMBER, PORT, VERSION, Client, Failure, record

UNIT = "standin-apiserver.service"


def serve():
    """Keeps the API server running as its manifest says, in a unit that outlives this one. It
    cannot run without etcd."""
    is_first = os.path.exists("/etc/kubernetes/pki/ca.key")
    if not os.path.exists(MANIFEST) or not (is_first or os.path.exists(MEMBER)):
        return
    with open(MANIFEST) as file:
        pod = yaml.safe_load(file)
    version = pod["spec"]["containers"][0]["image"].split(":")[-1]
    (address,) = pod["metadata"]["annotations"].values()
    wanted = f"API server {version}"
    shown = subprocess.run(
        ["systemctl", "show", "--property=Description,ActiveState", UNIT],
        capture_output=True, text=True, check=False).stdout
    if f"Description={wanted}\n" in shown and "ActiveState=active" in shown:
        return
    subprocess.run(["systemctl", "stop", UNIT], capture_output=True, check=False)
    # Beside the state: another version of this package must not pull it away.
    subprocess.run(f"mkdir -p /var/lib/standin && cp {HERE}/* /var/lib/standin/", shell=True,
                   check=True)
    subprocess.run(
        ["systemd-run", "--quiet", "--collect", f"--unit={UNIT}", f"--description={wanted}",
         "python3", "/var/lib/standin/apiserver.py", str(PORT), version, address],
        check=True)


def main(arguments):
    if arguments == ["--version"]:
        print(f"Kubernetes {VERSION}")
        return
    for flag in shlex.split(os.environ.get("KUBELET_EXTRA_ARGS", "")):
        if flag.split("=")[0] not in ("--node-ip", "--v"):
            sys.exit(f"E0101 run.go: command failed err=\"failed to parse kubelet flag: "
                     f"unknown flag: {flag.split('=')[0]}\"")
    record("kubelet", arguments)
    config = "/var/lib/kubelet/config.yaml"
    if not os.path.exists(config):
        sys.exit(f'E0101 run.go: command failed err="failed to load kubelet config file, '
                 f'path: {config}, error: open {config}: no such file or directory"')
    with open("/var/lib/kubelet/node") as file:
        name = file.read().strip()
    # It listens when it has a configuration, and not before (ports in kubernetes.io's reference).
    with socket.create_server(("0.0.0.0", 10250)):
        report(name)


def report(name):
    said = None
    while True:
        serve()
        try:
            tell(name)
            said = None
        except (Failure, OSError) as failure:
            if str(failure) != said:
                print(f"E0101 kubelet.go: {failure}", file=sys.stderr, flush=True)
            said = str(failure)
        time.sleep(0.3)


def tell(name):
    if not os.path.exists(KUBELET):
        return
    Client.of(KUBELET).call("POST", f"/register/{name}", {"status": {
        "nodeInfo": {"kubeletVersion": VERSION},
        "runtime": os.path.exists("/run/containerd/containerd.sock")}})


main(sys.argv[1:])
