"""Answers as AWS's small services do that give credentials: STS, a container's agent, instance
metadata. For what moto does not do: tokens that are checked, and faults.

usage: awsendpoints.py

Prints the port that it listens on. Standard input says, a JSON object a line, how it answers from
then on; each line is answered with how many requests came since the last. It ends with its input.

    {"sts": 200, "agent": 200, "token": 200, "role": "name", "expires": "2030-…", "code": "Success"}
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

state = {"sts": 200, "agent": 200, "token": 200, "role": "lab-role", "code": "Success",
         "expires": "2099-01-01T00:00:00Z"}
count = 0
lock = threading.Lock()
IMDS_TOKEN = "imds-token-HUSH"


def document(key, session):
    return json.dumps({"Code": state["code"], "AccessKeyId": key, "SecretAccessKey": "given-HUSH",
                       session: "session-HUSH", "Expiration": state["expires"]}).encode()


def role(action, arn):
    return f"""<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>
<AssumedRoleUser><Arn>{arn}</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>given-HUSH</SecretAccessKey>
<SessionToken>session-HUSH</SessionToken><Expiration>{state["expires"]}</Expiration></Credentials>
</{action}Result></{action}Response>""".encode()


def refusal(code, message):
    return (f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
            f"<Message>{message}</Message></Error></ErrorResponse>").encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", headers=()):
        global count
        with lock:
            count += 1
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self):
        if self.path != "/latest/api/token" or \
                not self.headers.get("X-aws-ec2-metadata-token-ttl-seconds"):
            return self.answer(400)
        self.answer(state["token"], IMDS_TOKEN.encode())

    def do_GET(self):
        base = "/latest/meta-data/iam/security-credentials/"
        if self.path.startswith(base):
            if self.headers.get("X-aws-ec2-metadata-token") != IMDS_TOKEN:
                return self.answer(401)
            name = self.path[len(base):]
            if not state["role"]:
                return self.answer(404)
            if not name:
                return self.answer(200, state["role"].encode())
            return self.answer(200 if name == state["role"] else 404,
                               document("ASIAINSTANCE", "Token"))
        if self.path.startswith("/agent"):
            if self.headers.get("Authorization") != "agent-token-HUSH":
                return self.answer(401)
            return self.answer(state["agent"], document("ASIACONTAINER", "Token"))
        self.answer(404)

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
        action = form["Action"][0]
        arn = form["RoleArn"][0]
        if state["sts"] != 200:
            return self.answer(state["sts"], refusal("InvalidIdentityToken", f"bad {form}"))
        if action == "AssumeRoleWithWebIdentity":
            if form["WebIdentityToken"][0] != "web-token-HUSH" or self.headers.get("Authorization"):
                return self.answer(400, refusal("InvalidIdentityToken", f"bad {form}"))
        elif "/sts/aws4_request" not in self.headers.get("Authorization", ""):
            return self.answer(403, refusal("MissingAuthenticationToken", "unsigned"))
        elif form.get("ExternalId", ["none"])[0] == "wrong":
            return self.answer(403, refusal("AccessDenied", f"not authorized to assume {arn}"))
        self.answer(200, role(action, arn))


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
for line in sys.stdin:
    with lock:
        state.update(json.loads(line))
        print(count, flush=True)
        count = 0
