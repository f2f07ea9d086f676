"""An HTTP server that does on purpose what servers do by accident.

It listens on 127.0.0.1, plainly, by TLS in several ways and as a proxy, prints its ports as one
line of JSON, and ends when its standard input does. What it does stands in a request's path:
see `ROUTES`. Its only argument is a folder with certificates: server, expired, stranger and
client .pem files, each with its key, and ca.pem.
"""

import hashlib
import json
import os
import socket
import ssl
import struct
import sys
import threading
import urllib.parse

PERIOD = 1_000_003
# Byte i is (7 i + i / 256) mod 256, up to a prime.
ROWS = [bytes((7 * i + row) & 255 for i in range(256)) for row in range(256)]
PATTERN = b"".join(ROWS[row & 255] for row in range(PERIOD // 256 + 1))[:PERIOD] * 2
RESET = struct.pack("ii", 1, 0)


class Stats:
    """What has happened, for /stats; and what tests let go on."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = {}
        self.proxied = []
        self.gates = {}

    def add(self, name, count=1):
        with self.lock:
            self.counts[name] = self.counts.get(name, 0) + count
            return self.counts[name]

    def gate(self, name):
        with self.lock:
            return self.gates.setdefault(name, threading.Event())

    def text(self):
        with self.lock:
            return json.dumps({"counts": self.counts, "proxied": self.proxied})


STATS = Stats()


class Gone(Exception):
    """The other side has closed its connection."""


class Connection:
    def __init__(self, stream):
        self.stream = stream
        self.buffer = b""
        self.open = True
        self.doomed = False

    def send(self, data):
        self.stream.sendall(data)

    def fill(self):
        data = self.stream.recv(1 << 18)
        if not data:
            raise Gone
        self.buffer += data

    def head(self):
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        return head + b"\r\n\r\n"

    def some(self, most):
        if not self.buffer:
            self.fill()
        data, self.buffer = self.buffer[:most], self.buffer[most:]
        return data

    def line(self):
        while b"\r\n" not in self.buffer:
            self.fill()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def reset(self):
        self.open = False
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        # Without TLS's goodbye.
        socket.socket.close(self.stream)

    def wait_for_end(self):
        """Until the other side goes away; what it sends is dropped."""
        try:
            while True:
                self.buffer = b""
                self.fill()
        except (Gone, OSError):
            self.open = False


class Request:
    def __init__(self, connection):
        self.connection = connection
        self.raw = connection.head()
        lines = self.raw.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ", 2)
        self.headers = {}
        for line in lines[1:]:
            if line:
                name, value = line.split(":", 1)
                self.headers.setdefault(name.lower(), value.strip())
        path, _, query = self.target.partition("?")
        self.words = path.strip("/").split("/")
        self.query = dict(urllib.parse.parse_qsl(query))

    def number(self, index):
        return int(self.words[index])

    def consent(self):
        if self.headers.pop("expect", "").lower() == "100-continue":
            STATS.add("expected")
            self.connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def body(self, most=1 << 18):
        """The body in pieces, as they come."""
        self.consent()
        if self.headers.get("transfer-encoding") == "chunked":
            while True:
                left = int(self.connection.line().split(b";")[0], 16)
                if left == 0:
                    while self.connection.line():
                        pass
                    return
                while left:
                    piece = self.connection.some(min(left, most))
                    left -= len(piece)
                    yield piece
                self.connection.line()
        left = int(self.headers.get("content-length", 0))
        while left:
            piece = self.connection.some(min(left, most))
            left -= len(piece)
            yield piece

    def drop_body(self):
        for _ in self.body():
            pass


def answer(connection, status, body=b"", headers=(), head_only=False):
    lines = [f"HTTP/1.1 {status} Something", f"Content-Length: {len(body)}", *headers]
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    connection.send(head if head_only else head + body)


def pattern(size):
    offset = 0
    while size:
        count = min(size, 1 << 18)
        yield PATTERN[offset : offset + count]
        offset = (offset + count) % PERIOD
        size -= count


def begin(connection, length, extra=""):
    connection.send(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{extra}\r\n".encode())


def send_pattern(connection, size):
    for piece in pattern(size):
        connection.send(piece)


# MARK: What a path does


def hello(c, r):
    answer(c, 200, b"hello\n", head_only=r.method == "HEAD")


def head(c, r):
    """The request as it came, up to its body."""
    r.drop_body()
    answer(c, 200, r.raw)


def echo(c, r):
    answer(c, 200, b"".join(r.body()))


def duplex(c, r):
    """Sends each piece of the request back when it comes."""
    r.consent()
    c.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in r.body():
        c.send(b"%x\r\n%b\r\n" % (len(piece), piece))
    c.send(b"0\r\n\r\n")


def sink(c, r):
    """sink[/NAME]: takes a body, counting as it comes."""
    name = "/".join(r.words[1:]) or "sink"
    digest, size = hashlib.sha256(), 0
    for piece in r.body():
        digest.update(piece)
        size += len(piece)
        STATS.add("bytes-" + name, len(piece))
    answer(c, 200, json.dumps({"size": size, "sha256": digest.hexdigest()}).encode())


def gated(c, r):
    """gated/NAME/N: takes N bytes of a body, and the rest when /open/NAME has been asked for."""
    name, size = r.words[1], 0
    c.stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    for piece in r.body(1 << 14):
        size += len(piece)
        STATS.add("bytes-" + name, len(piece))
        if size >= r.number(2):
            STATS.gate(name + "-reached").set()
            STATS.gate(name).wait()
    answer(c, 200, str(size).encode())


def open_gate(c, r):
    STATS.gate(r.words[1]).set()
    answer(c, 200)


def wait_gate(c, r):
    STATS.gate(r.words[1]).wait()
    answer(c, 200)


def patterned(c, r):
    """pattern/N[/NAME]: counts what the connection has taken."""
    begin(c, r.number(1))
    if r.method == "HEAD":
        return
    for piece in pattern(r.number(1)):
        c.send(piece)
        if len(r.words) > 2:
            STATS.add("bytes-" + r.words[2], len(piece))


def chunked(c, r):
    c.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n")
    for piece in pattern(r.number(1)):
        c.send(b"%x\r\n%b\r\n" % (len(piece), piece))
    c.send(b"0\r\nX-Sum: 1\r\nHTTP/1.1: 999\r\n\r\n")


def until_close(c, r):
    c.send(b"HTTP/1.0 200 OK\r\n\r\n")
    send_pattern(c, r.number(1))
    c.open = False


def silent(c, r):
    STATS.gate("silent").set()
    c.wait_for_end()
    STATS.add("left-silent")


def stall(c, r):
    """stall/N: N bytes of twice as many, then nothing."""
    begin(c, 2 * r.number(1))
    send_pattern(c, r.number(1))
    c.wait_for_end()
    STATS.add("left-stall")


def deaf(c, r):
    """Reads no body, says nothing."""
    STATS.gate("left-deaf").wait()
    c.open = False


def trickle(c, r):
    """trickle/N: a byte each time that somebody opens the gate `drop`."""
    begin(c, r.number(1))
    for byte in range(r.number(1)):
        c.send(b"x")
        STATS.gate(f"drop-{byte}").wait()


def reset(c, r):
    STATS.add("reset")
    c.reset()


def reset_head(c, r):
    c.send(b"HTTP/1.1 200 OK\r\nContent-")
    c.reset()


def reset_body(c, r):
    begin(c, 2 * r.number(1))
    send_pattern(c, r.number(1))
    # A reset drops what was not read yet: first let it be read.
    STATS.gate("reset-body").wait()
    c.reset()


def reset_upload(c, r):
    """reset-upload/N: takes N bytes."""
    size = 0
    for piece in r.body():
        size += len(piece)
        if size >= r.number(1):
            STATS.add("reset-upload")
            return c.reset()


def truncated(c, r):
    begin(c, 2 * r.number(1))
    send_pattern(c, r.number(1))
    c.open = False


def truncated_chunks(c, r):
    c.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in pattern(r.number(1)):
        c.send(b"%x\r\n%b\r\n" % (len(piece), piece))
    c.open = False


def hang_up(c, r):
    STATS.add("hang-up")
    c.open = False


def garbage(c, r):
    c.send(b"\x16\x03\x01 this is no status line\r\n\r\n")
    c.open = False


def bad_status(c, r):
    c.send(b"HTTP/1.1 2xx Hmm\r\nContent-Length: 0\r\n\r\n")


def giant_header(c, r):
    c.send(b"HTTP/1.1 200 OK\r\n")
    try:
        for number in range(100_000):
            c.send(b"X-Giant-%d: %b\r\n" % (number, b"x" * 1000))
    except OSError:
        STATS.add("left-giant")
        raise


def giant_line(c, r):
    c.send(b"HTTP/1.1 200 OK\r\nX-Giant: ")
    for _ in range(10_000):
        c.send(b"x" * 10_000)


def status(c, r):
    """status/CODE?NAME=VALUE: with these headers, and a body."""
    r.drop_body()
    answer(c, r.number(1), b"status", [f"{name}: {value}" for name, value in r.query.items()])


def failing(c, r):
    """failing/NAME/N/CODE?NAME=VALUE: N times this, then well."""
    body = b"".join(r.body())
    if STATS.add("tries-" + r.words[1]) <= r.number(2):
        if r.words[3] == "reset":
            return c.reset()
        if r.words[3] == "truncate":
            begin(c, 100)
            c.send(b"abc")
            c.open = False
            return
        headers = [f"{name}: {value}" for name, value in r.query.items()]
        return answer(c, r.number(3), b"not yet", headers)
    answer(c, 200, b"well " + body)


def interim(c, r):
    c.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nX-Interim: 1\r\n\r\n")
    c.send(b"HTTP/1.1 102 Processing\r\nX-Interim: 2\r\n\r\n")
    answer(c, 200, b"at last", ["X-Final: yes"])


def several(c, r):
    fields = ["Set-Cookie: a=1", "set-cookie: b=2", "X-Folded: one", "  two", "X-Empty:"]
    answer(c, 200, headers=fields + ["X-Padded:   \t padded \t ", "Set-Cookie: c=3"])


def forbidding(c, r):
    """Answers before the body is there, and reads none of it."""
    answer(c, 403, b"no", ["Connection: close"])
    c.wait_for_end()


def unexpected(c, r):
    """Knows no `Expect`."""
    if "expect" in r.headers:
        STATS.add("refused-expectations")
        return answer(c, 417, b"what?")
    sink(c, r)


def doom(c, r):
    """The connection's next request is taken, and never answered."""
    c.doomed = True
    answer(c, 200, b"bye")


def encoded(c, r):
    answer(c, 200, b"not really gzip", ["Content-Encoding: gzip"])


def stats(c, r):
    answer(c, 200, STATS.text().encode())


ROUTES = {
    "hello": hello, "head": head, "echo": echo, "duplex": duplex, "sink": sink, "gated": gated,
    "open": open_gate, "wait": wait_gate, "pattern": patterned, "chunked": chunked,
    "until-close": until_close, "silent": silent, "stall": stall, "deaf": deaf,
    "trickle": trickle, "reset": reset, "reset-head": reset_head, "reset-body": reset_body,
    "reset-upload": reset_upload, "truncated": truncated, "truncated-chunks": truncated_chunks,
    "hang-up": hang_up, "garbage": garbage, "bad-status": bad_status,
    "giant-header": giant_header, "giant-line": giant_line, "status": status,
    "failing": failing, "interim": interim, "several": several, "forbidding": forbidding,
    "unexpected": unexpected, "doom": doom, "encoded": encoded, "stats": stats,
}  # fmt: skip


def serve(stream, name):
    STATS.add("connections-" + name)
    connection = Connection(stream)
    try:
        while connection.open:
            request = Request(connection)
            if connection.doomed:
                STATS.add("doomed")
                if "expect" not in request.headers:
                    request.drop_body()
                return connection.reset()
            route = ROUTES.get(request.words[0])
            if route is None:
                request.drop_body()
                answer(connection, 404, b"nothing here")
            else:
                STATS.add("requests")
                route(connection, request)
    except (Gone, OSError, ValueError):
        pass
    finally:
        try:
            stream.close()
        except OSError:
            pass
        STATS.add("ended-" + name)


# MARK: The proxy


def pump(source, target):
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def proxy(stream, name):
    """CONNECT and absolute requests; `proxy-login` wants a user."""
    STATS.add("connections-" + name)
    connection = Connection(stream)
    try:
        raw = connection.head()
        with STATS.lock:
            STATS.proxied.append(raw.decode("latin-1"))
        lines = raw.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        if name == "proxy-login" and not any(
            line == "Proxy-Authorization: Basic YWRhOmxvdmVsYWNl" for line in lines
        ):
            fields = ['Proxy-Authenticate: Basic realm="x"', "Connection: close"]
            return answer(connection, 407, b"who?", fields)
        if method == "CONNECT":
            host, port = target.rsplit(":", 1)
            if host == "forbidden.example":
                return answer(connection, 403, b"never", ["X-Proxy: denied"])
            peer = socket.create_connection((host, int(port)))
            connection.send(b"HTTP/1.1 200 Connected\r\nX-Proxy: tunnel\r\nContent-Type: p\r\n\r\n")
        else:
            place = urllib.parse.urlsplit(target)
            peer = socket.create_connection((place.hostname, place.port or 80))
            path = target.split(place.netloc, 1)[1] or "/"
            peer.sendall("\r\n".join([f"{method} {path} HTTP/1.1", *lines[1:]]).encode("latin-1"))
        if connection.buffer:
            peer.sendall(connection.buffer)
        back = threading.Thread(target=pump, args=(peer, stream), daemon=True)
        back.start()
        pump(stream, peer)
        back.join()
        peer.close()
    except (Gone, OSError, ValueError):
        pass
    finally:
        stream.close()


# MARK: Listening


def tls(folder, name, version=None, client=False):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/{name}.pem", f"{folder}/{name}.key")
    if version:
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version
    if client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(f"{folder}/ca.pem")
    return context


def accept(listener, name, context, handle):
    def run(stream):
        try:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context:
                stream = context.wrap_socket(stream, server_side=True)
        except OSError:
            STATS.add("failed-handshakes-" + name)
            stream.close()
            return
        handle(stream, name)

    while True:
        stream, _ = listener.accept()
        threading.Thread(target=run, args=(stream,), daemon=True).start()


def listen(name, context=None, handle=serve):
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    arguments = (listener, name, context, handle)
    threading.Thread(target=accept, args=arguments, daemon=True).start()
    return listener.getsockname()[1]


def main():
    folder = sys.argv[1]
    ports = {
        "plain": listen("plain"),
        "tls": listen("tls", tls(folder, "server")),
        "tls11": listen("tls11", tls(folder, "server", ssl.TLSVersion.TLSv1_1)),
        "tls12": listen("tls12", tls(folder, "server", ssl.TLSVersion.TLSv1_2)),
        "expired": listen("expired", tls(folder, "expired")),
        "stranger": listen("stranger", tls(folder, "stranger")),
        "elsewhere": listen("elsewhere", tls(folder, "elsewhere")),
        "client": listen("client", tls(folder, "server", client=True)),
        "proxy": listen("proxy", handle=proxy),
        "proxy-login": listen("proxy-login", handle=proxy),
    }
    print(json.dumps(ports), flush=True)
    sys.stdin.buffer.read()
    os._exit(0)


main()
