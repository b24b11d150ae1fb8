"""A module whose every row is worth recording."""

from __future__ import annotations

import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from marshmallow import fields

from sparx_core import (
    Computed,
    Context,
    Currency,
    DecimalNumber,
    Document,
    Embedded,
    Event,
    ListOf,
    LocalizedText,
    Many,
    Module,
    Money,
    ObjectSchema,
    Occurrence,
    Related,
    RelatedList,
    Resource,
    ResourceSchema,
    SequenceNumber,
    Text,
    Timestamp,
    UnitPrice,
    WholeNumber,
    hookimpl,
    on,
)
from sparx_core.modules import Installed
from sparx_core.resources import Values

from .models import Account, Answer, Piece, Posting


class CardSchema(ObjectSchema):
    """Inside an account: its number is nobody's business."""

    holder = Text(required=True)
    number = Text(required=True, metadata={"sensitive": True})


class PieceSchema(ObjectSchema):
    label = Text(required=True)


class PostingSchema(ObjectSchema):
    text = Text(required=True)
    amount = Money(required=True, currency="account.currency")
    price = UnitPrice(currency="account.currency")
    secret = Text(metadata={"sensitive": True})
    pieces = Many(PieceSchema, Piece, by="posting", order_by="place", dump_only=True)


class AnswerSchema(ObjectSchema):
    text = Text(required=True)


class AccountSchema(ResourceSchema):
    """An account on the wire."""

    sensitive = ("tax_number",)

    number = SequenceNumber()
    name = Text(required=True)
    currency = Currency(required=True)
    balance = Money()
    rate = UnitPrice(allow_none=True)
    weight = DecimalNumber(allow_none=True)
    opened_at = Timestamp(allow_none=True)
    tags = ListOf(fields.String())
    title = LocalizedText(allow_none=True)
    document = Document()
    raw = fields.Dict(dump_only=True)
    cards = Embedded(CardSchema)
    parent = Related("ledger.accounts", allow_none=True)
    iban = Text(allow_none=True, metadata={"sensitive": True})
    tax_number = Text(allow_none=True)
    password = Text(load_only=True)
    touched = WholeNumber(metadata={"audited": False})
    twice = Computed(fields.Integer(), lambda account: account.column("touched") * 2)
    postings = Many(PostingSchema, Posting, by="account", order_by="place", maximum=100)
    answers = Many(
        AnswerSchema, Answer, by="account", order_by="place", metadata={"sensitive": True}
    )
    children = RelatedList("ledger.accounts", by="parent")
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class AccountOpened(Event):
    """An account was opened."""

    name, resource = "account.opened", "ledger.accounts"


class AccountClosed(Event):
    """An account was closed."""

    name, resource = "account.closed", "ledger.accounts"


class AccountChanged(Event):
    """An account was changed."""

    name, resource = "account.changed", "ledger.accounts"


class Control:
    """What the action and the handler do in a test."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.action: Callable[[Context, Account], Any] = lambda ctx, row: row
        self.reaction: Callable[[Context, Occurrence], None] = lambda ctx, event: None
        self.activated: Callable[[Context], None] = lambda ctx: None


control = Control()
accounts = Resource("accounts", Account, AccountSchema)
accounts.derive(deleted=AccountClosed)
LISTS: dict[str, Any] = {"postings": Posting, "answers": Answer}


@accounts.create(emits=[AccountOpened])
def open_account(ctx: Context, data: Values) -> Account:
    """Open an account."""
    lists = {name: data.pop(name, []) for name in LISTS}
    row = ctx.insert(Account(**data))
    for name, model in LISTS.items():
        ctx.insert_all(
            model(account=row.id, place=place, **one) for place, one in enumerate(lists[name])
        )
    ctx.emit(AccountOpened(row))
    return row


@accounts.update(emits=[AccountChanged])
def change_account(ctx: Context, row: Account, data: Values) -> Account:
    """Change an account, and not its lists."""
    for name in LISTS:
        data.pop(name, None)
    ctx.update(row, **data)
    return row


@accounts.action("do")
def do_as_the_test_says(ctx: Context, row: Account) -> Any:
    """Whatever the test put into ``control.action``."""
    return control.action(ctx, row)


@on("account.opened")
def follow(ctx: Context, event: Occurrence) -> None:
    control.reaction(ctx, event)


class OwnModule(Module):
    """A module whose migrations are beside this file."""

    def migrations(self) -> Any:
        return Path(__file__).parent / "migrations" / self.key


def _plugin(**hooks: Callable[..., Any]) -> Any:
    return types.SimpleNamespace(**{name: hookimpl(hook) for name, hook in hooks.items()})


def _activate(ctx: Context) -> None:
    control.activated(ctx)


ledger = OwnModule(
    key="ledger",
    title="Ledger",
    package="ledger",
    plugin=_plugin(
        sparx_models=lambda: [Account, Posting, Piece, Answer],
        sparx_resources=lambda: [accounts],
        sparx_events=lambda: [AccountOpened, AccountClosed, AccountChanged],
        sparx_event_handlers=lambda: [follow],
        sparx_activate=_activate,
    ),
)

INSTALLED = [Installed(ledger, "sparx-ledger", "1.0.0")]
