"""What becomes of deals when something else happens."""

from __future__ import annotations

from sparx_core import Context, Occurrence, on
from sparx_crm.deal_stages import enter, probability_of
from sparx_crm.events.deals import DealWon
from sparx_crm.models.deals import Deal
from sparx_crm.models.orders import Order
from sparx_crm.models.pipelines import Pipeline, Stage


@on("order.created")
def win_deal_of_order(ctx: Context, event: Occurrence) -> None:
    """Win the deal that an order was placed for, if its pipeline says ``winOnOrder``.

    Once: a deal that is closed stays as it is, so that a further order, or the same event again,
    changes nothing. The order is a fact: what the stage requires of deals is not asked for.
    """
    order = ctx.find(Order, event.aggregate_id)
    if order is None or order.deal is None:
        return
    deal = ctx.find(Deal, order.deal, lock=True)
    if deal is None or deal.status != "open":
        return
    pipeline = ctx.find(Pipeline, deal.pipeline)
    won = Stage.select().where((Stage.pipeline == deal.pipeline) & (Stage.kind == "won"))
    stage = ctx.first(won.order_by(Stage.position, Stage.id).limit(1))
    if pipeline is not None and pipeline.win_on_order and stage is not None:
        enter(ctx, deal, stage, probability_of(stage, {}), None, DealWon)
