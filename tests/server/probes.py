"""Malformed, ambiguous and abusive requests: one parse, one answer, the same everywhere."""

from __future__ import annotations

from typing import NamedTuple

HOST = b"Host: localhost\r\n"
CLOSE = HOST + b"Connection: close\r\n"
CHUNKED = CLOSE + b"Transfer-Encoding: chunked\r\n\r\n"


class Probe(NamedTuple):
    """Bytes and the status they are answered with, by gunicorn alone and by nginx before it.

    ``passed`` says whether nginx lets it through.
    """

    data: bytes
    gunicorn: int
    nginx: int
    passed: bool = False


def get(rest: bytes, target: bytes = b"/health", version: bytes = b"1.1") -> bytes:
    return b"GET " + target + b" HTTP/" + version + b"\r\n" + rest


def post(rest: bytes, version: bytes = b"1.1") -> bytes:
    return b"POST /v1/crm/orders HTTP/" + version + b"\r\n" + rest


PROBES = {
    # What is right is answered, so that refusals below mean something.
    "a read": Probe(get(CLOSE + b"\r\n"), 200, 200, True),
    "a body": Probe(post(CLOSE + b"Content-Length: 2\r\n\r\n{}"), 401, 401, True),
    "chunks": Probe(post(CHUNKED + b"2;a=b\r\n{}\r\n0\r\nX: y\r\n\r\n"), 401, 401, True),
    "HTTP/1.0": Probe(get(b"\r\n", version=b"1.0"), 200, 200, True),
    "absolute": Probe(get(CLOSE + b"\r\n", b"http://LOCALHOST:80/health"), 200, 200, True),
    # Lengths that contradict each other, or are none.
    "length and coding": Probe(
        post(CLOSE + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400, 400
    ),
    "two lengths": Probe(
        post(CLOSE + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"), 400, 400
    ),
    "list of lengths": Probe(post(CLOSE + b"Content-Length: 2, 2\r\n\r\n{}"), 400, 400),
    "signed length": Probe(post(CLOSE + b"Content-Length: +2\r\n\r\n{}"), 400, 400),
    "negative length": Probe(post(CLOSE + b"Content-Length: -2\r\n\r\n{}"), 400, 400),
    "negative chunk": Probe(post(CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n"), 400, 400),
    "chunk in 0x": Probe(post(CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n"), 400, 400),
    "chunk that is longer": Probe(post(CHUNKED + b"2\r\n{} \r\n0\r\n\r\n"), 400, 400),
    "chunk with lone line feeds": Probe(post(CHUNKED + b"2\n{}\n0\n\n"), 400, 401, True),
    "coding in HTTP/1.0": Probe(
        post(b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"1.0"), 400, 400
    ),
    "coding that nobody knows": Probe(
        post(CLOSE + b"Transfer-Encoding: braid\r\n\r\n0\r\n\r\n"), 501, 501
    ),
    "two codings": Probe(
        post(CLOSE + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501, 501
    ),
    # Heads that two servers could read in two ways.
    "no host": Probe(get(b"\r\n"), 400, 400),
    "two hosts": Probe(get(CLOSE + HOST + b"\r\n"), 400, 400),
    "host that is none": Probe(get(b"Host: a/b\r\n\r\n"), 400, 400),
    "another host in the target": Probe(
        get(CLOSE + b"\r\n", b"http://example.org/health"), 400, 400
    ),
    "space before the colon": Probe(get(CLOSE + b"A : b\r\n\r\n"), 400, 400),
    "lone line feeds": Probe(
        b"GET /health HTTP/1.1\nHost: a\nConnection: close\n\n", 400, 200, True
    ),
    "folded header": Probe(get(CLOSE + b"A: b\r\n c\r\n\r\n"), 400, 400),
    "NUL in a header": Probe(get(CLOSE + b"A: b\0c\r\n\r\n"), 400, 400),
    "bare carriage return": Probe(get(CLOSE + b"A: b\rc\r\n\r\n"), 400, 400),
    # Too much.
    "101 headers": Probe(get(CLOSE + b"A: b\r\n" * 99 + b"\r\n"), 431, 431, True),
    "header of 9 kB": Probe(get(CLOSE + b"A: " + b"b" * 9_000 + b"\r\n\r\n"), 431, 431, True),
    "target of 20 kB": Probe(get(CLOSE + b"\r\n", b"/" + b"a" * 20_000), 414, 414),
    "body that is announced": Probe(post(CLOSE + b"Content-Length: 99999999\r\n\r\n"), 401, 413),
    "huge chunk extension": Probe(
        post(CHUNKED + b"2;" + b"a" * 1_000_000 + b"\r\n{}\r\n0\r\n\r\n"), 400, 401, True
    ),
    "trailer of a megabyte": Probe(
        post(CHUNKED + b"2\r\n{}\r\n0\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n"), 400, 401, True
    ),
    # Other protocols.
    "preface of HTTP/2": Probe(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, 400),
    "tunnel": Probe(b"CONNECT a:80 HTTP/1.1\r\n" + HOST + b"\r\n", 400, 400),
    "expectation": Probe(
        post(CLOSE + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"), 401, 401, True
    ),
    "expectation of something else": Probe(
        post(CLOSE + b"Expect: a-wonder\r\nContent-Length: 2\r\n\r\n{}"), 417, 401, True
    ),
}
