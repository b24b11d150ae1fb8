"""The pytest plugin ``sparx``: an installation, tenants, clients, and what they did.

Nothing is imported or started until a test asks for a fixture. Tests share one database a process
and are kept apart as customers are: each has tenants of its own. With pytest-xdist each worker
has a database of its own on the same server.

``SPARX_TEST_DATABASE_URL`` (a superuser's) moves the database from the embedded PostgreSQL to a
server that exists for tests.

    def test_redeeming_costs_points(api, run_events):
        reward = api.post("/v1/loyalty/rewards", {"points": 10}).data
        assert api.post(f"/v1/loyalty/rewards/{reward['id']}/redeem").status == 200
        assert run_events() == 1
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sparx_core.runtime import Runtime
    from sparx_core.tenants import NewTenant
    from sparx_core.testing import (
        Api,
        DatabaseServer,
        DeliveryRun,
        OutboundCalls,
        Owner,
        SentWebhooks,
        StatementLog,
        TenantMaker,
    )
    from sparx_core.testing.contract.subject import Sample, Subject


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "modules(*keys): the modules that are active in the tenants of this test; without it all"
        " that are installed are.",
    )


# -- what all tests share ----------------------------------------------------------------------


@pytest.fixture(scope="session")
def database_server() -> Iterator[DatabaseServer]:
    """The PostgreSQL server of this session, shared by the workers of pytest-xdist."""
    from sparx_core.testing.database import running_server

    # Not in pytest's own folder: every session that begins closes that to other users, and for
    # root the server runs as another user.
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex(8)
    with running_server(Path(tempfile.gettempdir()) / f"sparx-test-{session}") as server:
        yield server


@pytest.fixture(scope="session")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    """The runtime of an installation with every module that is installed, served as sparx_app.

    A suite that needs others overrides it with :func:`~sparx_core.testing.open_installation`.
    """
    from sparx_core.testing.database import open_installation

    with open_installation(database_server) as runtime:
        yield runtime


# -- tenants -----------------------------------------------------------------------------------


@pytest.fixture
def new_tenant(request: pytest.FixtureRequest, installation: Runtime) -> Iterator[TenantMaker]:
    """Makes tenants: ``new_tenant(currency="JPY")``; their ids are in ``new_tenant.made``.

    They have the modules of ``@pytest.mark.modules(...)``, or else all that are installed.
    """
    from sparx_core.testing import TenantMaker

    marker = request.node.get_closest_marker("modules")
    every = [key for key in installation.registry.modules if key != "core"]
    maker = TenantMaker(installation, every if marker is None else marker.args)
    yield maker
    maker.leave_nothing_to_do()


@pytest.fixture
def tenant(new_tenant: TenantMaker) -> NewTenant:
    """A fresh tenant with a key for all scopes."""
    return new_tenant()


@pytest.fixture
def other_tenant(new_tenant: TenantMaker) -> NewTenant:
    """Another fresh tenant: whose rows ``tenant`` must never see."""
    return new_tenant("other")


# -- clients -----------------------------------------------------------------------------------


@pytest.fixture
def anonymous(installation: Runtime) -> Api:
    """The API for somebody without a key."""
    from sparx_core.app import create_app
    from sparx_core.testing import Api
    from sparx_core.testing.installation import Installation

    if isinstance(installation, Installation):
        return Api(installation.app)
    return Api(create_app(installation))


@pytest.fixture
def api(anonymous: Api, tenant: NewTenant) -> Api:
    """The API with ``tenant``'s key: ``api.get("/v1/me").data``."""
    return anonymous.with_key(tenant.api_key)


@pytest.fixture
def other_api(anonymous: Api, other_tenant: NewTenant) -> Api:
    """The API with ``other_tenant``'s key."""
    return anonymous.with_key(other_tenant.api_key)


@pytest.fixture
def activate(api: Api, run_events: DeliveryRun) -> Callable[..., None]:
    """``activate("crm")``: turn a module on for ``tenant``, or with the key of another client.

    It is on, with the rows that it had, when this returns.
    """
    return _switch(api, run_events, "activate", "active")


@pytest.fixture
def deactivate(api: Api, run_events: DeliveryRun) -> Callable[..., None]:
    """``deactivate("crm")``: turn a module off. Its rows are archived when this returns."""
    return _switch(api, run_events, "deactivate", "inactive")


def _switch(api: Api, run_events: DeliveryRun, verb: str, state: str) -> Callable[..., None]:
    def switch(module: str, client: Api | None = None) -> None:
        caller = client or api
        answer = caller.post(f"/v1/modules/{module}/{verb}")
        assert answer.status == 200, answer.text
        run_events.finish_modules()
        now = caller.get(f"/v1/modules/{module}").data
        assert now["state"] == state, now

    return switch


# -- what happened -----------------------------------------------------------------------------


@pytest.fixture
def owner(installation: Runtime) -> Iterator[Owner]:
    """A superuser's view of all tenants, for assertions: ``owner.count("crm.orders")``. With
    ``owner.settle()`` what was committed is in the feed of events.
    """
    from sparx_core.testing import Owner
    from sparx_core.testing.installation import Installation

    if isinstance(installation, Installation):
        with installation.as_superuser() as found:
            yield found
        return
    found = Owner(installation.urls.require_owner())
    yield found
    found.close()


@pytest.fixture
def nothing_written(
    new_tenant: TenantMaker, owner: Owner
) -> Callable[[], AbstractContextManager[None]]:
    """``with nothing_written(): ...`` proves that a refusal refused: no table changed."""

    return lambda: owner.nothing_written(*new_tenant.made)


@pytest.fixture
def run_events(
    new_tenant: TenantMaker, installation: Runtime, owner: Owner
) -> Iterator[DeliveryRun]:
    """``run_events()`` works off all due deliveries, as a worker would; how many it tried."""
    from sparx_core.testing import DeliveryRun

    run = DeliveryRun(installation, owner, new_tenant.made)
    yield run
    run.close()


@pytest.fixture
def sent_webhooks(
    new_tenant: TenantMaker, installation: Runtime, owner: Owner
) -> Iterator[SentWebhooks]:
    """``sent_webhooks()`` sends all due webhooks to a recorder, and returns what it got:
    ``[(one.type, one.data) for one in sent_webhooks()]``.
    """
    from sparx_core.testing import SentWebhooks

    sent = SentWebhooks(installation, owner, new_tenant.made)
    sent.leave_others()
    yield sent
    sent.close()


@pytest.fixture
def outbound_calls(installation: Runtime) -> Iterator[OutboundCalls]:
    """``outbound_calls.calls`` is what handlers sent to other servers, none of which is reached;
    ``outbound_calls.answer(503)`` is what these answer.
    """
    from sparx_core.testing.outbound import recorded_calls

    with recorded_calls(installation) as calls:
        yield calls


@pytest.fixture
def query_count(installation: Runtime) -> Callable[[], AbstractContextManager[StatementLog]]:
    """``with query_count() as log: ...`` counts round trips to the database: ``log.count``."""
    from sparx_core.testing.statements import logged_statements

    return lambda: logged_statements(installation.database)


# -- the rules for modules ---------------------------------------------------------------------


@pytest.fixture(scope="class")
def contract_samples(request: pytest.FixtureRequest) -> Mapping[str, Sample]:
    """The samples of a ``ModuleContract``; override it where they need other fixtures."""
    samples: Mapping[str, Sample] = request.cls.samples
    return samples


@pytest.fixture(scope="class")
def module_contract(
    request: pytest.FixtureRequest,
    database_server: DatabaseServer,
    contract_samples: Mapping[str, Sample],
) -> Iterator[Subject]:
    """The module of a :class:`~sparx_core.testing.ModuleContract`, ready to be examined.

    An ``installation`` that cannot be made is what one of the rules is about: it is no error here.
    """
    from sparx_core.testing.contract.contract import subject_of

    case = request.cls()
    subject = subject_of(
        case.module,
        lambda: request.getfixturevalue("installation"),
        contract_samples,
        case.exercise,
    )
    yield subject
    subject.close()
