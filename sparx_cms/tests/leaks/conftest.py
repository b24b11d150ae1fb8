"""A tenant whose drafts are full of secrets, and a key that may read what is live."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from sparx_core.app import create_app
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, DeliveryRun, Owner, TenantMaker

from .workshop import Workshop


@pytest.fixture(scope="module")
def maker(installation: Runtime) -> TenantMaker:
    there = installation.registry.modules
    return TenantMaker(installation, [one for one in ("cms", "ai") if one in there])


@pytest.fixture(scope="module")
def work_off(installation: Runtime, maker: TenantMaker) -> Iterator[DeliveryRun]:
    """What workers do, for the tenants of this module."""
    owner = Owner(installation.urls.require_owner())
    run = DeliveryRun(installation, owner, maker.made)
    yield run
    run.close()
    owner.close()


@pytest.fixture(scope="module")
def workshop(installation: Runtime, maker: TenantMaker, work_off: DeliveryRun) -> Workshop:
    made = Workshop(Api(create_app(installation), maker("workshop").api_key))
    made.fill()
    work_off()
    return made


@pytest.fixture(scope="module")
def keyed(workshop: Workshop) -> Callable[..., Api]:
    """``keyed("read:cms")``: a client with a key of these scopes."""

    def make(*scopes: str) -> Api:
        made = workshop.api.post("/v1/keys", {"name": "Reader", "scopes": list(scopes)})
        assert made.status == 201, made.text
        return workshop.api.with_key(made.data["key"])

    return make


@pytest.fixture(scope="module")
def site(keyed: Callable[..., Api]) -> Api:
    """The key that a site has: it reads what is live, and what happens."""
    return keyed("read:cms", "read:core")
