"""The cluster: one JSON file, served to kubelets, kubeadm and kubectl.

The file lies on the first control plane. The API servers of the others answer for themselves which
version they are and what that means, and have the rest done there, as all of them share one etcd.
"""
import hashlib
import http.server
import json
import os
import secrets
import sys
import threading
import time
import urllib.error
import urllib.request

from common import MEMBER, PORT, STATE, append, numbers, write

LOCK = threading.Lock()
VERSION = sys.argv[2]


def load():
    with open(STATE) as file:
        return json.load(file)


def save(state):
    write(STATE, json.dumps(state))


def event(what, name):
    append("/var/lib/etcd/events.ndjson", {"at": time.time(), "event": what, "name": name})


def merge(old, new):
    """A merge patch (RFC 7386)."""
    for key, value in new.items():
        if value is None:
            old.pop(key, None)
        elif isinstance(value, dict):
            old[key] = merge(old.get(key) or {}, value)
        else:
            old[key] = value
    return old


class Refusal(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def shown(kind, thing, state):
    """A node with its condition as it is by now."""
    if kind != "nodes":
        return thing
    status = thing.setdefault("status", {})
    network = any(key.startswith("DaemonSet/") for key in state["applied"])
    fresh = time.time() - status.get("heartbeat", 0) < 5
    ready = fresh and network and status.get("runtime", False)
    status["conditions"] = [{"type": "Ready", "status": "True" if ready else "False"
                             if fresh else "Unknown"}]
    return thing


def join(state, body, secret):
    token = state["tokens"].get(secret.split(".")[0])
    if not token or token["token"] != secret or token["expires"] < time.time():
        raise Refusal(401, "Unauthorized")
    name = body["name"]
    node = state["nodes"].get(name)
    if node and shown("nodes", node, state)["status"]["conditions"][0]["status"] == "True":
        raise Refusal(409, f'a Node with name "{name}" and status "Ready" already exists in the '
                      "cluster. You must delete the existing Node or change the name of this new "
                      "joining Node")
    answer = {"key": secrets.token_hex(16), "version": VERSION, "etcd": state["etcd"]}
    if body.get("certificateKey"):
        digest = hashlib.sha256(body["certificateKey"].encode()).hexdigest()
        kept = state["certificates"]
        if kept.get("digest") != digest or kept.get("expires", 0) < time.time():
            raise Refusal(403, "the certificate key is wrong or has expired")
        answer["admin"] = state["admin"]
    state["keys"][name] = answer["key"]
    event("joined", name)
    return answer


def refuse_newer(body):
    """The real API server refuses none, but such a kubelet starts no pods: 1.31 asks 1.30 for
    what that does not know (github.com/kubernetes/kubernetes/issues/127316)."""
    if numbers(body["status"]["nodeInfo"]["kubeletVersion"])[:2] > numbers(VERSION)[:2]:
        raise Refusal(403, f"kubelet is newer than the control plane {VERSION}")


def register(state, name, body):
    """What a kubelet tells of its node."""
    node = state["nodes"].get(name)
    if node is None:
        node = state["nodes"][name] = {
            "metadata": {"name": name, "labels": {}}, "spec": {}}
        event("registered", name)
    version = body["status"]["nodeInfo"]["kubeletVersion"]
    if node.get("status", {}).get("nodeInfo", {}).get("kubeletVersion") != version:
        event(f"kubelet {version}", name)
    node["status"] = body["status"] | {"heartbeat": time.time()}
    return {}


def changed(state, kind, name, body):
    things = state[kind]
    if not isinstance(body, dict):
        things[name] = body
        return body
    old = json.loads(json.dumps(things.get(name)))
    things[name] = merge(things.get(name) or {}, body)
    if kind == "nodes":
        before = (old or {}).get("spec", {}).get("unschedulable", False)
        after = things[name].get("spec", {}).get("unschedulable", False)
        if before != after:
            event("cordoned" if after else "uncordoned", name)
    if kind == "tokens":
        event("token", things[name]["description"])
    if kind == "events":
        event(body["event"], name)
    return things[name]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def answer(self, method):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        secret = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        parts = self.path.strip("/").split("/")
        is_first_hand = "Through" not in self.headers
        try:
            if parts[0] == "register" and is_first_hand:
                refuse_newer(body)
            if ETCD and parts != ["version"]:
                text, code = self.pass_on(method, body)
            else:
                with LOCK:
                    text, code = json.dumps(self.act(method, parts, body, secret)), 200
        except Refusal as refusal:
            text, code = str(refusal), refusal.code
        self.send_response(code)
        self.end_headers()
        self.wfile.write(text.encode())

    def pass_on(self, method, body):
        request = urllib.request.Request(
            f"http://{ETCD}{self.path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self.headers.get("Authorization") or "", "Through": VERSION})
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.read().decode(), 200
        except urllib.error.HTTPError as error:
            return error.read().decode(), error.code
        except OSError as error:
            return f"etcdserver: request timed out: {error}", 500

    def act(self, method, parts, body, secret):
        if parts == ["version"]:
            return {"gitVersion": VERSION}
        state = load()
        if parts == ["join"]:
            result = join(state, body, secret)
            save(state)
            return result
        node = next((name for name, key in state["keys"].items() if key == secret), None)
        if parts[0] == "register":
            if node != parts[1]:
                raise Refusal(401, "Unauthorized")
            result = register(state, node, body)
            save(state)
            return result
        if secret != state["admin"] and not (
                node and (method == "GET" or parts in (["events", node], ["nodes", node]))):
            raise Refusal(401, "Unauthorized")
        if parts[0] not in state:
            raise Refusal(404, f'the server doesn\'t have a resource type "{parts[0]}"')
        if method == "GET":
            return self.look(state, parts)
        if method == "DELETE":
            if state[parts[0]].pop("/".join(parts[1:]), None) is None:
                raise Refusal(404, f'{parts[0]} "{parts[1]}" not found')
            result = {}
        else:
            result = changed(state, parts[0], "/".join(parts[1:]), body)
        save(state)
        return result

    def look(self, state, parts):
        things = state[parts[0]]
        if len(parts) == 1:
            return {"items": [shown(parts[0], thing, state) for thing in things.values()]}
        name = "/".join(parts[1:])
        if name not in things:
            raise Refusal(404, f'{parts[0]} "{name}" not found')
        return shown(parts[0], things[name], state)

    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")

    def do_PATCH(self):
        self.answer("PATCH")

    def do_DELETE(self):
        self.answer("DELETE")


try:
    with open(MEMBER) as file:
        ETCD = file.read().strip()
except FileNotFoundError:
    ETCD = None
if not ETCD and not os.path.exists(STATE):
    save({"nodes": {}, "tokens": {}, "configmaps": {}, "applied": {}, "keys": {}, "events": {},
          "certificates": {}, "etcd": sys.argv[3],
          "admin": open("/etc/kubernetes/pki/ca.key").read()})
http.server.ThreadingHTTPServer(("0.0.0.0", int(sys.argv[1])), Handler).serve_forever()
