"""kubeadm: init, join, tokens, certificates and upgrades of the stand-in cluster."""
import hashlib
import os
import re
import secrets
import socket
import subprocess
import sys
import time

import yaml

from common import (ADMIN, KUBELET, MANIFEST, VERSION, Client, Failure, kubeconfig, main, numbers,
                    wait, write)
from kubectl import options

PKI = "/etc/kubernetes/pki/ca.crt"


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


def manifest(version, port):
    write(MANIFEST, yaml.safe_dump({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "kube-apiserver"},
        "spec": {"containers": [{
            "name": "kube-apiserver", "image": f"registry.k8s.io/kube-apiserver:{version}",
            "ports": [{"containerPort": port}]}]}}))


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
    port = int(endpoint.split(":")[1])
    name = own["nodeRegistration"]["name"]
    print(f"[init] Using Kubernetes version: {version}")
    preflight([MANIFEST, KUBELET], [port, 10250], found)
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
    manifest(version, port)
    start_kubelet(name, version)
    client = Client.of(ADMIN)
    wait(60, lambda: client.get("/version"), "timed out waiting for the condition")
    key = secrets.token_hex(16)
    client.patch(f"/keys/{name}", key)
    write(KUBELET, kubeconfig(f"http://{endpoint}", f"system:node:{name}", key))
    wait(60, lambda: client.get(f"/nodes/{name}"), "timed out waiting for the node")
    store(client, cluster)
    tokens = own.get("bootstrapTokens") or [{"ttl": "24h0m0s"}]
    for token in tokens:
        new_token(client, seconds(token["ttl"]), token.get("description", "by kubeadm init"))
    client.patch(f"/nodes/{name}", {"metadata": {"labels": {
        "node-role.kubernetes.io/control-plane": ""}}})
    print("\nYour Kubernetes control-plane has initialized successfully!")
    if "--skip-token-print" not in found:
        print("kubeadm join with a token")


def store(client, cluster):
    client.patch("/configmaps/kubeadm-config", {"data": {
        "ClusterConfiguration": yaml.safe_dump(cluster)}})


def join(found):
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
        manifest(answer["version"], int(endpoint.split(":")[1]))
    write(KUBELET, kubeconfig(f"http://{endpoint}", f"system:node:{name}", answer["key"]))
    start_kubelet(name, answer["version"])
    client = Client.of(KUBELET)
    wait(60, lambda: client.get(f"/nodes/{name}"), "timed out waiting for the node")
    if plane:
        Client.of(ADMIN).patch(f"/nodes/{name}", {"metadata": {"labels": {
            "node-role.kubernetes.io/control-plane": ""}}})
    print("\nThis node has joined the cluster:")


def cluster_of(client):
    return yaml.safe_load(client.get("/configmaps/kubeadm-config")["data"]["ClusterConfiguration"])


def apply(words):
    client = Client.of(ADMIN)
    target, cluster = words[0], cluster_of(client)
    present = numbers(cluster["kubernetesVersion"])
    problems = []
    if numbers(target)[:2] > (present[0], present[1] + 1):
        problems.append("is too high; kubeadm can upgrade only 1 minor version at a time")
    if numbers(target) > numbers(VERSION):
        problems.append(f'is higher than the kubeadm version "{VERSION}". Upgrade kubeadm first '
                        "using the tool you used to install kubeadm")
    if numbers(target)[:2] < present[:2]:
        problems.append("is too low; downgrades are not supported")
    if problems:
        raise Failure("[upgrade/version] FATAL: the --version argument is invalid due to these "
                      "fatal errors:\n\n" + "\n".join(
                          f'\t- Specified version to upgrade to "{target}" {problem}'
                          for problem in problems))
    port = int(cluster["controlPlaneEndpoint"].split(":")[1])
    manifest(target, port)
    wait(60, lambda: client.get("/version")["gitVersion"] == target, "the API server did not start")
    store(client, cluster | {"kubernetesVersion": target})
    client.patch("/events/cluster", {"event": f"control plane {target}"})
    print(f'[upgrade/successful] SUCCESS! Your cluster was upgraded to "{target}". Enjoy!')


def upgrade_node():
    client = Client.of(KUBELET)
    version = cluster_of(client)["kubernetesVersion"]
    if numbers(VERSION)[:2] != numbers(version)[:2]:
        raise Failure(f"kubeadm {VERSION} cannot upgrade a node of a cluster of {version}")
    if os.path.exists(MANIFEST):
        manifest(version, 6443)
    write("/var/lib/kubelet/config.yaml", f"kind: KubeletConfiguration\n# {version}\n", 0o644)
    name = open("/var/lib/kubelet/node").read().strip()
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
    else:
        raise Failure(f"unknown command {' '.join(words)}")


if __name__ == "__main__":
    main("kubeadm", run)
