"""What the three stand-ins share: versions, the record of calls, the client of the cluster."""
import json
import os
import sys
import time
import urllib.error
import urllib.request

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
with open(f"{HERE}/version") as file:
    VERSION = file.read().strip()
ADMIN = "/etc/kubernetes/admin.conf"
KUBELET = "/etc/kubernetes/kubelet.conf"
MANIFEST = "/etc/kubernetes/manifests/kube-apiserver.yaml"
# The cluster's state on the first control plane; on the others, where that is.
STATE = "/var/lib/etcd/state.json"
MEMBER = "/var/lib/etcd/member"
# Where the API server beside this process listens (localAPIEndpoint.bindPort of kubeadm's v1beta3).
PORT = 6443
# kubeadm leaves the socket of the runtime on the node (cmd/kubeadm/app/constants).
SOCKET = "kubeadm.alpha.kubernetes.io/cri-socket"


class Failure(Exception):
    def __init__(self, text, status=1):
        super().__init__(text)
        self.status = status


def numbers(version):
    return tuple(int(part) for part in version.lstrip("v").split("-")[0].split("."))


def record(program, arguments):
    line = {"at": time.time(), "program": program, "version": VERSION, "args": arguments}
    append("/var/log/kubernetes-calls.ndjson", line)


def append(path, line):
    # One write for each line: what is killed leaves no half of one.
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, (json.dumps(line) + "\n").encode())
    os.close(handle)


def write(path, text, mode=0o600):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(f"{path}.new", "w", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(f"{path}.new", path)


def kubeconfig(server, user, secret):
    return yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "current-context": "finflow",
        "clusters": [{"name": "kubernetes", "cluster": {"server": server}}],
        "users": [{"name": user, "user": {"token": secret}}],
        "contexts": [{"name": "finflow", "context": {"cluster": "kubernetes", "user": user}}],
    })


class Client:
    """The cluster as somebody sees it: with a kubeconfig, or with a bootstrap token."""

    def __init__(self, server, secret):
        self.server = server
        self.secret = secret

    @staticmethod
    def of(path):
        try:
            with open(path) as file:
                config = yaml.safe_load(file)
        except FileNotFoundError:
            raise Failure("The connection to the server localhost:8080 was refused - "
                          "did you specify the right host or port?")
        return Client(config["clusters"][0]["cluster"]["server"],
                      config["users"][0]["user"]["token"])

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.server + path, method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.secret}"})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            kind = {401: "Unauthorized", 403: "Forbidden", 404: "NotFound"}.get(
                error.code, "BadRequest")
            raise Failure(f"Error from server ({kind}): {text}")
        except OSError:
            host = self.server.split("//")[1]
            raise Failure(f"The connection to the server {host} was refused - "
                          "did you specify the right host or port?")

    def get(self, path):
        return self.call("GET", path)

    def has(self, path):
        try:
            return self.get(path)
        except Failure as failure:
            if "NotFound" in str(failure):
                return None
            raise

    def patch(self, path, body):
        return self.call("PATCH", path, body)

    def serves(self, version):
        return self.get("/version")["gitVersion"] == version


def wait(seconds, look, otherwise):
    end = time.monotonic() + seconds
    while True:
        try:
            found = look()
            if found:
                return found
        except Failure:
            pass
        if time.monotonic() > end:
            raise Failure(otherwise)
        time.sleep(0.1)


def main(program, body):
    record(program, sys.argv[1:])
    try:
        body(sys.argv[1:])
    except Failure as failure:
        print(failure, file=sys.stderr)
        sys.exit(failure.status)
