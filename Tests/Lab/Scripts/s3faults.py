"""Stands before an S3 server and does to requests what networks and servers do.

usage: s3faults.py UPSTREAM-PORT

Prints the port that it listens on. Standard input tells it what to do, a line each, which it
answers with a line:

    {"when": "PUT /bucket/key", "do": "reset", "times": 1, ...}   one more fault
    {"clear": true}                                               none any more
    {"seen": "PUT /bucket"}                                       how many such requests came

It ends when its standard input does. "when" is what a request's line begins with. What it does:

    reset      cuts the connection before the server sees the request
    lose       lets the server do it, and cuts the connection instead of answering
    stall      says nothing any more, until the client goes
    status     answers with "status", "code" and "headers", unseen by the server
    truncate   sends "bytes" of the body, and cuts
    etag       answers with another ETag
    alter      changes a byte of the body
    hide       leaves the last key of a listing out
    late       says that the clock is an hour ahead, and refuses what is not signed so
"""

import http.client
import json
import re
import socket
import struct
import sys
import threading
import time
from datetime import datetime, timezone
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

upstream = int(sys.argv[1])
lock = threading.Lock()
faults = []
seen = []
HOUR = 3600


def error(code):
    return f"<Error><Code>{code}</Code><Message>injected</Message></Error>".encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *arguments):
        pass

    def fault(self):
        line = f"{self.command} {self.path}"
        with lock:
            seen.append(line)
            for fault in faults:
                if line.startswith(fault["when"]) and fault.get("times", 1) > 0:
                    fault["times"] = fault.get("times", 1) - 1
                    return fault
        return None

    def cut(self):
        # A reset, and not an end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def answer(self, status, headers, body, count=None):
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        length = dict((n.lower(), v) for n, v in headers).get("content-length")
        is_bare = self.command == "HEAD" or status in (204, 304)
        self.send_header("Content-Length", length if is_bare and length else str(len(body)))
        self.end_headers()
        if not is_bare:
            self.wfile.write(body if count is None else body[:count])
        self.wfile.flush()

    def forward(self, body):
        connection = http.client.HTTPConnection("127.0.0.1", upstream, timeout=60)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "expect"):
                connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        result = response.status, response.getheaders(), response.read()
        connection.close()
        return result

    def is_late(self):
        signed = self.headers.get("X-Amz-Date", "19700101T000000Z")
        then = datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        return abs(then.timestamp() - (time.time() + HOUR)) > 900

    def handle_any(self):
        fault = self.fault()
        do = fault["do"] if fault else None
        if do == "reset":
            return self.cut()
        if do == "stall":
            self.connection.settimeout(120)
            try:
                while self.connection.recv(1 << 16):
                    pass
            except OSError:
                pass
            return self.cut()
        length = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(length)
        if do == "status":
            headers = list(fault.get("headers", {}).items())
            return self.answer(fault["status"], headers, error(fault.get("code", "Injected")))
        if do == "late" and self.is_late():
            date = formatdate(time.time() + HOUR, usegmt=True)
            return self.answer(403, [("Date", date)], error("RequestTimeTooSkewed"))
        if do == "late":
            return self.answer(200, [("ETag", '"late"')], b"")
        status, headers, answer = self.forward(body)
        if do == "lose":
            return self.cut()
        if do == "truncate":
            self.answer(status, headers, answer, fault["bytes"])
            return self.cut()
        if do == "etag":
            headers = [(n, '"0123456789abcdef0123456789abcdef"' if n.lower() == "etag" else v)
                       for n, v in headers]
        if do == "alter" and answer:
            middle = len(answer) // 2
            answer = answer[:middle] + bytes([answer[middle] ^ 1]) + answer[middle + 1:]
        if do == "hide":
            entries = re.findall(rb"<Contents>.*?</Contents>", answer, re.S)
            answer = answer.replace(entries[-1], b"") if entries else answer
        self.answer(status, headers, answer)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, address):
        pass


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
for line in sys.stdin:
    command = json.loads(line)
    with lock:
        if "seen" in command:
            print(sum(1 for s in seen if s.startswith(command["seen"])), flush=True)
            continue
        if command.get("clear"):
            faults.clear()
            seen.clear()
        else:
            faults.append(command)
    print("ok", flush=True)
