"""One client, many threads: everybody gets the answer to the own request."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

from sparx_core.outbound import Outbound

from .servers import Server, read_request, serving


def echo(connection: socket.socket, server: Server) -> None:
    path = read_request(connection).split(b" ")[1]
    body = path * 50
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def test_sixty_four_threads_share_one_client() -> None:
    client = Outbound(True)
    with serving(echo, reads=False) as server, ThreadPoolExecutor(64) as pool:

        def ask(number: int) -> bool:
            answer = client.send("GET", f"{server.url}{number}")
            return answer.body == b"/%d" % number * 50

        assert list(pool.map(ask, range(640))) == [True] * 640
