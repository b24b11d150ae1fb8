"""Many clients of one tenant at once: order numbers without a gap and without a repetition."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.live.books import assert_books_balance, wait_until_handled
from tests.live.buyers import Buyers, account
from tests.live.chance import Chance
from tests.live.installation import Installation

pytestmark = pytest.mark.faults

CLIENTS, ORDERS = 20, 240


def test_twenty_clients_of_one_tenant_get_each_number_once(
    install: Callable[..., Installation], chance: Chance
) -> None:
    installation = install(SPARX_API_PROCESSES="2")
    installation.migrate()
    installation.serve()
    buyers = Buyers(
        [account("acme", installation.new_tenant("acme"), 5)],
        ORDERS,
        threads=CLIENTS,
        allowed=frozenset(),  # nothing but 201
    )
    buyers.start(chance.seed)
    buyers.join(40)

    # The last one took the wanted number, those beside it were under way: all have an answer.
    assert len(buyers.placed) == buyers.statuses.total() >= ORDERS
    numbers = sorted(order.number for order in buyers.placed)
    assert numbers == list(range(1001, 1001 + len(numbers)))

    installation.worker()
    wait_until_handled(installation, 30)
    print(buyers)
    print(assert_books_balance(installation, buyers.placed))
