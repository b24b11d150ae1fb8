"""kill -9 of everything that serves, while orders are placed: no promise is broken."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from tests.faults.conftest import Marks
from tests.live.api import Api
from tests.live.books import assert_books_balance, states, wait_until_handled
from tests.live.buyers import Buyers, account
from tests.live.chance import Chance
from tests.live.installation import Dev, Installation
from tests.live.processes import until

pytestmark = pytest.mark.faults

ORDERS = 300
#: How often each is killed.
VICTIMS = {"gunicorn worker": 5, "gunicorn master": 2, "event worker": 3}


def kill(dev: Dev, victim: str, chance: Chance) -> bool:
    """Kill one process of this kind with SIGKILL, if there is one at the moment."""
    pids: dict[str, Sequence[int | None]] = {
        "gunicorn worker": dev.gunicorn_workers,
        "gunicorn master": [dev.gunicorn],
        "event worker": [dev.worker],
    }
    living = [pid for pid in pids[victim] if pid is not None]
    if not living:
        return False
    os.kill(chance.random.choice(living), signal.SIGKILL)
    return True


def test_every_promised_order_survives_kills(
    install: Callable[..., Installation], chance: Chance
) -> None:
    installation = install(SPARX_API_PROCESSES="2")
    installation.migrate()
    dev = installation.dev()
    accounts = [account("demo", dev.api, 4)]
    accounts += [account(slug, installation.new_tenant(slug), 4) for slug in ("acme", "globex")]
    victims = [name for name, times in VICTIMS.items() for _ in range(times)]
    chance.random.shuffle(victims)
    # Spread over the orders rather than over time: each falls while orders are placed.
    moments = sorted(chance.random.sample(range(20, ORDERS - 20), len(victims)))

    buyers = Buyers(accounts, ORDERS)
    buyers.start(chance.seed)
    for moment, victim in zip(moments, victims, strict=True):
        until(partial(buyers.have_placed, moment), 30, f"{moment} orders are placed")
        until(partial(kill, dev, victim, chance), 20, f"there is a {victim} to kill")
    buyers.join(30)
    wait_until_handled(installation, 30)

    print(buyers)
    print(assert_books_balance(installation, buyers.placed))
    assert len(buyers.placed) >= ORDERS
    assert buyers.statuses[0] > 0, "no request was cut off, so nothing was tried"
    for one in accounts:
        _assert_answers_agree(one.api, one.customers, installation)


def _assert_answers_agree(api: Api, customers: tuple[str, ...], installation: Installation) -> None:
    """The statistics that the API shows are those that the database holds."""
    with installation.admin() as cursor:
        cursor.execute(
            "SELECT customer_id::text, count(*), sum(total) / 10000.0 FROM crm.orders"
            " WHERE customer_id = ANY(%s::uuid[]) GROUP BY 1",
            (list(customers),),
        )
        counted = {row[0]: (row[1], float(row[2])) for row in cursor.fetchall()}
    for customer in customers:
        shown = api.get(f"/v1/crm/customers/{customer}").data
        assert (shown["orderCount"], shown["totalSpent"]) == counted.get(customer, (0, 0.0))


def test_a_handler_that_kills_its_process_does_its_work_once(
    install: Callable[..., Installation], marks: Marks, chance: Chance
) -> None:
    deaths, orders = 2, 20
    installation = install(**marks.settings)
    installation.migrate()
    dev = installation.dev()
    installation.json("module", "activate", "marks", "--tenant", "demo")
    buyer = account("demo", dev.api, 2)
    for number in range(deaths):
        marks.order(f"die-{number}")

    buyers = Buyers([buyer], orders, threads=2, allowed=frozenset())
    buyers.start(chance.seed)
    buyers.join(20)
    wait_until_handled(installation, 40)

    assert dev.log.read_text().count("The worker died (exit code 9)") == deaths
    assert not any(marks.there(f"die-{number}") for number in range(deaths))
    with installation.admin() as cursor:
        cursor.execute("SELECT event_id FROM marks.marks")
        made = Counter(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT id FROM core.events WHERE type = 'order.created'")
        assert set(made) == {row[0] for row in cursor.fetchall()}
    assert len(buyers.placed) == len(made)
    assert set(made.values()) == {1}, "an effect happened twice"
    print(buyers, states(installation))
    print(assert_books_balance(installation, buyers.placed))
