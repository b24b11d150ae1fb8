"""Waiting for requests and handlers that began before a module was switched off.

They were admitted while it was active, and may write until they end. Nobody keeps a list of them,
so that no request pays for it; but every transaction holds a lock on its own number, which all
may see.
"""

from __future__ import annotations

import time

from peewee import Database

from sparx_core.activation.errors import NotYet

#: How long to wait before the delivery is given back, to be tried again; between two looks.
PATIENCE_SECONDS, LOOK_SECONDS = 30.0, 0.02

#: Held by those who move rows themselves, so that they do not wait for one another; any two
#: constants of our own.
_MOVING = (0x53505258, 0x4D4F5645)
_MARK = "SELECT pg_advisory_xact_lock_shared(%s, %s)"
#: Otherwise the sessions of the first look would be those of the whole transaction.
_LOOK_ANEW = "SELECT pg_stat_clear_snapshot()"
_TRANSACTIONS = """
SELECT l.virtualxid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'virtualxid' AND l.virtualxid = l.virtualtransaction
   AND l.pid <> pg_backend_pid()
   AND a.datname = current_database() AND a.usename = session_user
   AND NOT EXISTS (SELECT FROM pg_locks m WHERE m.pid = l.pid AND m.locktype = 'advisory'
                      AND m.classid = %s AND m.objid = %s)
"""


def await_writers(database: Database) -> None:
    """Return when every transaction of this role that is open now has ended.

    Raises ``NotYet`` if that takes long. What begins later asks for the state of the module anew.
    """
    database.execute_sql(_MARK, _MOVING)
    database.execute_sql(_LOOK_ANEW)
    waited_for = open_transactions(database)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while waited_for:
        if time.monotonic() > deadline:
            raise NotYet("requests or handlers from before it was switched off still run")
        time.sleep(LOOK_SECONDS)
        waited_for &= open_transactions(database)


def open_transactions(database: Database) -> set[str]:
    """The transactions of this role that are open now."""
    return {number for (number,) in database.execute_sql(_TRANSACTIONS, _MOVING).fetchall()}
