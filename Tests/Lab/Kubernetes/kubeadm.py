"""kubeadm: init, join, tokens, certificates and upgrades of the stand-in cluster."""
import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time

import yaml

from common import (ADMIN, KUBELET, MANIFEST, MEMBER, PORT, SOCKET, VERSION, Client, Failure,
                    kubeconfig, main, numbers, wait, write)
from kubectl import options

PKI = "/etc/kubernetes/pki/ca.crt"
# A test writes the name of a phase of `kubeadm join` into it: killed at its end, once.
LAST_PHASE = "/run/kubeadm-last-phase"


def documents(path):
    with open(path) as file:
        return {one["kind"]: one for one in yaml.safe_load_all(file) if one}


def preflight(files, ports, found):
    problems = {}
    for path in files:
        if os.path.exists(path):
            problems["FileAvailable-" + path.replace("/", "-")] = f"{path} already exists"
    for port in ports:
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("0.0.0.0", port))
            except OSError:
                problems[f"Port-{port}"] = f"Port {port} is in use"
    if os.path.isdir("/var/lib/etcd") and os.listdir("/var/lib/etcd") and KUBELET in files:
        problems["DirAvailable--var-lib-etcd"] = "/var/lib/etcd is not empty"
    if open("/proc/sys/net/ipv4/ip_forward").read().strip() != "1":
        problems["FileContent--proc-sys-net-ipv4-ip_forward"] = (
            "/proc/sys/net/ipv4/ip_forward contents are not set to 1")
    if not os.path.exists("/run/containerd/containerd.sock"):
        problems["CRI"] = "container runtime is not running"
    kubelet = subprocess.run(["kubelet", "--version"], capture_output=True, text=True, check=True)
    if numbers(kubelet.stdout.split()[1])[:2] > numbers(VERSION)[:2]:
        problems["KubeletVersion"] = "the kubelet version is higher than the control plane version"
    ignored = found.get("--ignore-preflight-errors", "").split(",")
    fatal = {name: text for name, text in problems.items() if name not in ignored}
    if fatal:
        raise Failure("\n".join(
            ["error execution phase preflight: [preflight] Some fatal errors occurred:"]
            + [f"\t[ERROR {name}]: {text}" for name, text in fatal.items()]
            + ["[preflight] If you know what you are doing, you can make a check non-fatal with "
               "`--ignore-preflight-errors=...`"]), status=2)


def configure_kubelet(name, version):
    write("/var/lib/kubelet/node", name)
    write("/var/lib/kubelet/config.yaml", f"kind: KubeletConfiguration\n# {version}\n", 0o644)


def start_kubelet(name, version):
    configure_kubelet(name, version)
    print("[kubelet-start] Starting the kubelet")
    subprocess.run(["systemctl", "restart", "kubelet"], check=True)


def own_address():
    """The address that the default route would have (kubeadm's advertiseAddress); a lab has none,
    and one network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        trial.connect(("10.77.0.1", 9))
        return trial.getsockname()[0]


def manifest(version):
    """With kubeadm's annotation of where it listens (cmd/kubeadm/app/constants)."""
    write(MANIFEST, yaml.safe_dump({
        "apiVersion": "v1", "kind": "Pod", "metadata": {
            "name": "kube-apiserver", "annotations": {
                "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint":
                    f"{own_address()}:{PORT}"}},
        "spec": {"containers": [{
            "name": "kube-apiserver", "image": f"registry.k8s.io/kube-apiserver:{version}",
            "ports": [{"containerPort": PORT}]}]}}))


def started(version):
    """kubeadm waits until the kubelet has restarted the API server beside it
    (WaitForStaticPodHashChange in phases/upgrade/staticpods.go), whatever the endpoint answers."""
    own = Client(f"http://127.0.0.1:{PORT}", "")
    wait(60, lambda: own.serves(version), "timed out waiting for the condition")


def ended(phase):
    try:
        with open(LAST_PHASE) as file:
            is_last = file.read().strip() == phase
    except FileNotFoundError:
        return
    if is_last:
        os.remove(LAST_PHASE)
        os.kill(os.getpid(), signal.SIGKILL)


def new_token(client, seconds, description):
    token = f"{secrets.token_hex(3)}.{secrets.token_hex(8)}"
    client.patch(f"/tokens/{token.split('.')[0]}", {
        "token": token, "expires": time.time() + seconds, "description": description})
    return token


def seconds(text):
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([hms])", text))


def authority():
    return hashlib.sha256(open(PKI, "rb").read()).hexdigest()


def init(found):
    config = documents(found["--config"])
    cluster = config["ClusterConfiguration"]
    own = config["InitConfiguration"]
    version = cluster["kubernetesVersion"]
    if numbers(version)[:2] > numbers(VERSION)[:2]:
        raise Failure(f"this version of kubeadm only supports deploying clusters with the control "
                      f"plane version <= {VERSION}. Current version: {version}", status=3)
    endpoint = cluster["controlPlaneEndpoint"]
    name = own["nodeRegistration"]["name"]
    print(f"[init] Using Kubernetes version: {version}")
    preflight([MANIFEST, KUBELET], [PORT, 10250], found)
    for volume in cluster["apiServer"].get("extraVolumes", []):
        if volume.get("pathType") == "File" and not os.path.exists(volume["hostPath"]):
            raise Failure(f"error: {volume['hostPath']} is not there")
    if not os.path.exists(PKI):
        write("/etc/kubernetes/pki/ca.key", secrets.token_hex(16))
        write(PKI, f"certificate of {secrets.token_hex(16)}\n", 0o644)
    admin = open("/etc/kubernetes/pki/ca.key").read()
    os.makedirs("/var/lib/etcd", mode=0o700, exist_ok=True)
    write(ADMIN, kubeconfig(f"http://{endpoint}", "kubernetes-admin", admin))
    if not os.path.exists(KUBELET):
        write(KUBELET, kubeconfig(f"http://{endpoint}", f"system:node:{name}", admin))
    manifest(version)
    start_kubelet(name, version)
    client = Client.of(ADMIN)
    wait(60, lambda: client.get("/version"), "timed out waiting for the condition")
    key = secrets.token_hex(16)
    client.patch(f"/keys/{name}", key)
    # Whom the kubelet asks is left as it is: kubeadm keeps a kubeconfig that is there already
    # (validateKubeConfig in phases/kubeconfig).
    write(KUBELET, kubeconfig(Client.of(KUBELET).server, f"system:node:{name}", key))
    wait(60, lambda: client.get(f"/nodes/{name}"), "timed out waiting for the node")
    Client.of(KUBELET).patch(f"/nodes/{name}", annotation(config["InitConfiguration"]))
    store(client, cluster)
    tokens = own.get("bootstrapTokens") or [{"ttl": "24h0m0s"}]
    for token in tokens:
        new_token(client, seconds(token["ttl"]), token.get("description", "by kubeadm init"))
    client.patch(f"/nodes/{name}", {"metadata": {"labels": {
        "node-role.kubernetes.io/control-plane": ""}}})
    print("\nYour Kubernetes control-plane has initialized successfully!")
    if "--skip-token-print" not in found:
        print("kubeadm join with a token")


def annotation(config):
    return {"metadata": {"annotations": {SOCKET: config["nodeRegistration"]["criSocket"]}}}


def store(client, cluster):
    client.patch("/configmaps/kubeadm-config", {"data": {
        "ClusterConfiguration": yaml.safe_dump(cluster)}})


def join(found):
    """The phases of cmd/kubeadm/app/cmd/join.go, in its order: a control plane's manifests come
    before its kubelet starts, and its etcd member and label after."""
    config = documents(found["--config"])["JoinConfiguration"]
    discovery = config["discovery"]["bootstrapToken"]
    name = config["nodeRegistration"]["name"]
    plane = config.get("controlPlane")
    print("[preflight] Running pre-flight checks")
    preflight(["/etc/kubernetes/kubelet.conf", "/etc/kubernetes/pki/ca.crt"], [10250], found)
    endpoint = discovery["apiServerEndpoint"]
    if not all(re.fullmatch("sha256:[0-9a-f]{64}", one) for one in discovery["caCertHashes"]):
        raise Failure("caCertHashes: invalid hash", status=3)
    answer = Client(f"http://{endpoint}", discovery["token"]).call("POST", "/join", {
        "name": name, "certificateKey": plane["certificateKey"] if plane else None})
    if numbers(VERSION)[:2] != numbers(answer["version"])[:2]:
        raise Failure(f"this version of kubeadm does not go with {answer['version']}")
    write(PKI, "certificate of the cluster\n", 0o644)
    configure_kubelet(name, answer["version"])
    if plane:
        write(ADMIN, kubeconfig(f"http://{endpoint}", "kubernetes-admin", answer["admin"]))
        manifest(answer["version"])
        ended("control-plane-prepare")
    write(KUBELET, kubeconfig(f"http://{endpoint}", f"system:node:{name}", answer["key"]))
    start_kubelet(name, answer["version"])
    # It has its credentials; what follows is the end of kubelet-start (cmd/phases/join/kubelet.go).
    ended("bootstrap")
    client = Client.of(KUBELET)
    wait(60, lambda: client.get(f"/nodes/{name}"), "timed out waiting for the node")
    client.patch(f"/nodes/{name}", annotation(config))
    ended("kubelet-start")
    if plane:
        write(MEMBER, answer["etcd"])
        started(answer["version"])
        Client.of(ADMIN).patch(f"/nodes/{name}", {"metadata": {"labels": {
            "node-role.kubernetes.io/control-plane": ""}}})
    print("\nThis node has joined the cluster:")


def reset():
    """What cmd/kubeadm/app/cmd/phases/reset removes: nothing that is not kubeadm's."""
    subprocess.run(["systemctl", "stop", "kubelet", "standin-apiserver.service"],
                   capture_output=True, check=False)
    for path in ("/etc/kubernetes/manifests", "/var/lib/kubelet", "/etc/kubernetes/pki",
                 "/var/lib/etcd"):
        shutil.rmtree(path, ignore_errors=True)
    for path in (ADMIN, KUBELET):
        if os.path.exists(path):
            os.remove(path)
    print("[reset] Deleting files")


def cluster_of(client):
    return yaml.safe_load(client.get("/configmaps/kubeadm-config")["data"]["ClusterConfiguration"])


def apply(words):
    """The version policy is that of cmd/kubeadm/app/phases/upgrade/policy.go: it compares with the
    API server that answers, and lets a cluster go down, a patch or with its kubeadm a minor
    version. What the cluster runs is noted when the static pods have been replaced."""
    client = Client.of(ADMIN)
    target, present = words[0], numbers(client.get("/version")["gitVersion"])
    problems = []
    if numbers(target)[1] > present[1] + 1:
        problems.append("is too high; kubeadm can upgrade only 1 minor version at a time")
    if numbers(target)[1] < present[1] - 1:
        problems.append("is too low; kubeadm can downgrade only 1 minor version at a time")
    if numbers(target) > numbers(VERSION):
        problems.append(f'is higher than the kubeadm version "{VERSION}". Upgrade kubeadm first '
                        "using the tool you used to install kubeadm")
    if numbers(target)[:2] < numbers(VERSION)[:2]:
        problems.append(f"is older than what kubeadm {VERSION} can be used for")
    if problems:
        raise Failure("[upgrade/version] FATAL: the --version argument is invalid due to these "
                      "fatal errors:\n\n" + "\n".join(
                          f'\t- Specified version to upgrade to "{target}" {problem}'
                          for problem in problems))
    registered(client)
    manifest(target)
    started(target)
    store(client, cluster_of(client) | {"kubernetesVersion": target})
    client.patch("/events/cluster", {"event": f"control plane {target}"})
    print(f'[upgrade/successful] SUCCESS! Your cluster was upgraded to "{target}". Enjoy!')


def registered(client):
    """The node's name, as kubeadm finds it (getNodeRegistration in util/config/cluster.go)."""
    with open("/var/lib/kubelet/node") as file:
        name = file.read().strip()
    if SOCKET not in client.get(f"/nodes/{name}")["metadata"].get("annotations", {}):
        raise Failure(f"node {name} doesn't have {SOCKET} annotation")
    return name


def upgrade_node():
    client = Client.of(KUBELET)
    version = cluster_of(client)["kubernetesVersion"]
    if numbers(VERSION)[:2] != numbers(version)[:2]:
        raise Failure(f"kubeadm {VERSION} cannot upgrade a node of a cluster of {version}")
    name = registered(client)
    if os.path.exists(MANIFEST):
        manifest(version)
        started(version)
    write("/var/lib/kubelet/config.yaml", f"kind: KubeletConfiguration\n# {version}\n", 0o644)
    client.patch(f"/events/{name}", {"event": f"node upgraded {version}"})
    print("[upgrade] The configuration for this node was successfully updated!")


def run(arguments):
    words, found = options(arguments)
    if words == ["version"]:
        print(VERSION)
    elif words == ["init"]:
        init(found)
    elif words[:2] == ["init", "phase"]:
        key = secrets.token_hex(32)
        Client.of(ADMIN).patch("/certificates/digest", hashlib.sha256(key.encode()).hexdigest())
        Client.of(ADMIN).patch("/certificates/expires", time.time() + 7200)
        print("[upload-certs] Storing the certificates in Secret \"kubeadm-certs\" in the "
              "\"kube-system\" Namespace\n[upload-certs] Using certificate key:\n" + key)
    elif words == ["join"]:
        join(found)
    elif words == ["token", "create"]:
        client = Client.of(ADMIN)
        token = new_token(client, seconds(found["--ttl"]), found.get("--description", ""))
        print(f"kubeadm join {client.server.split('//')[1]} --token {token} "
              f"--discovery-token-ca-cert-hash sha256:{authority()} "
              if "--print-join-command" in found else token)
    elif words[:2] == ["upgrade", "apply"]:
        apply(words[2:])
    elif words == ["upgrade", "node"]:
        upgrade_node()
    elif words == ["reset"]:
        reset()
    else:
        raise Failure(f"unknown command {' '.join(words)}")


if __name__ == "__main__":
    main("kubeadm", run)
