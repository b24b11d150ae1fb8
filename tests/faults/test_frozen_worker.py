"""A worker that stops for longer than its lease, and then goes on: one effect, not two."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.faults.conftest import Marks
from tests.live.api import Api
from tests.live.books import assert_books_balance, states, wait_until_handled
from tests.live.buyers import Buyers, account
from tests.live.chance import Chance
from tests.live.installation import Installation
from tests.live.processes import until

pytestmark = pytest.mark.faults

#: What is done with every order, among other things.
STATISTICS = "crm.update_customer_statistics"


def test_a_worker_that_lost_its_lease_takes_its_work_back(
    install: Callable[..., Installation], marks: Marks, chance: Chance
) -> None:
    installation = install(**marks.settings)
    installation.migrate()
    installation.serve()
    api = installation.new_tenant("acme")
    installation.json("module", "activate", "marks", "--tenant", "acme")
    frozen = installation.worker()
    marks.order("wait")
    buyers = Buyers([account("acme", api, 1)], 1, 1, frozenset())
    buyers.start(chance.seed)
    buyers.join(20)

    # In the middle of the handler, its mark written and not committed.
    until(lambda: marks.there("waiting"), 20, "the handler has begun")
    frozen.process.send_signal(signal.SIGSTOP)
    other = installation.worker()
    wait_until_handled(installation, 30)
    assert _marks(installation) == 1
    with installation.admin() as cursor:
        cursor.execute("SELECT attempt FROM core.deliveries WHERE module = 'marks'")
        assert cursor.fetchall() == [(2,)], "the second worker was to take it over"

    marks.order("go")
    frozen.process.send_signal(signal.SIGCONT)
    # "delivery_failed" when it took so long that the server ended the transaction before.
    until(
        lambda: frozen.said("lease_lost") or frozen.said("delivery_failed"),
        20,
        "the first worker has noticed",
    )
    assert _marks(installation) == 1
    assert states(installation, STATISTICS) == {"done": len(buyers.placed)}

    # And it is of use again.
    assert other.end() == 0
    more = Buyers([account("acme", Api(api.port, api.key), 1)], 10, 2, frozenset())
    more.start(chance.seed)
    more.join(20)
    wait_until_handled(installation, 20)
    assert _marks(installation) == 1 + len(more.placed)
    print(buyers, more, states(installation), sep="\n")
    print(assert_books_balance(installation, [*buyers.placed, *more.placed]))


def _marks(installation: Installation) -> int:
    with installation.admin() as cursor:
        cursor.execute("SELECT count(*) FROM marks.marks")
        return int(cursor.fetchone()[0])
