"""A connection to one of the addresses that were checked, and to no other."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from functools import cache
from threading import Lock

from sparx_core.outbound.addresses import Address, open_socket, parse_address
from sparx_core.outbound.deadline import Deadline, timed_out
from sparx_core.outbound.errors import OutboundError, blocked

CONNECT_SECONDS = 3.0
TLS_SECONDS = 3.0
#: Addresses of a name that are tried; each gets its share of the time.
_MAX_TRIED = 4


_MAKING = Lock()


def tls_context() -> ssl.SSLContext:
    """The one of this process: reading the system's certificates takes longer than a request."""
    with _MAKING:
        return _verifying()


@cache
def _verifying() -> ssl.SSLContext:
    """Verifies against the system's certificates, or those of ``SSL_CERT_FILE``."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def connect(addresses: Sequence[Address], port: int, whole: Deadline) -> tuple[socket.socket, str]:
    """A connection to the first address that takes it, and that address."""
    deadline = whole.within(CONNECT_SECONDS)
    tried = addresses[:_MAX_TRIED]
    failure = _unreachable()
    for number, address in enumerate(tried):
        share = deadline.left("connecting") / (len(tried) - number)
        try:
            return _connect(address, port, share), str(address)
        except OutboundError as error:
            failure = error
    raise failure


def _connect(address: Address, port: int, seconds: float) -> socket.socket:
    connection = open_socket(address, socket.SOCK_STREAM)
    if connection is None:
        raise _unreachable()
    try:
        connection.settimeout(seconds)
        connection.connect((str(address), port))
        # What was checked is what is spoken to.
        if parse_address(str(connection.getpeername()[0])) != address:
            raise blocked()
    except TimeoutError:
        connection.close()
        raise timed_out("connecting") from None
    except ConnectionRefusedError:
        connection.close()
        raise OutboundError("connect", "The server refused the connection.") from None
    except OSError:
        connection.close()
        raise _unreachable() from None
    except BaseException:
        connection.close()
        raise
    return connection


def _unreachable() -> OutboundError:
    return OutboundError("connect", "The server cannot be reached.")


def encrypt(connection: socket.socket, host: str, whole: Deadline) -> ssl.SSLSocket:
    """TLS with the server that ``host`` names. The handshake as a whole has a deadline."""
    context = tls_context()
    connection.settimeout(whole.within(TLS_SECONDS).left("the TLS handshake"))
    try:
        return context.wrap_socket(connection, server_hostname=host)
    except TimeoutError:
        raise timed_out("the TLS handshake") from None
    except ssl.SSLCertVerificationError as error:
        raise OutboundError("tls", f"The certificate is not valid: {_reason(error)}.") from None
    except (OSError, ValueError):
        raise OutboundError("tls", "The server does not speak TLS as it should.") from None


def _reason(error: ssl.SSLCertVerificationError) -> str:
    """OpenSSL's words for what is wrong; nothing of the certificate itself is in them."""
    return error.verify_message.rstrip(".")
