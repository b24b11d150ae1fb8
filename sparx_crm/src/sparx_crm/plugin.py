"""What the CRM brings to an installation."""

from __future__ import annotations

import sys

from sparx_core import ApiError, Context, Event, Guard, Handler, Module, Operation, Periodic, Resource, Task, TenantModel, hookimpl
from sparx_crm import hookspecs
from sparx_crm.default_pipeline import default_pipeline
from sparx_crm.errors.accounts import AccountCycle, PrimaryMembership
from sparx_crm.errors.activities import EntryOfSystem
from sparx_crm.errors.deals import DefaultPipeline, NoStage, StageInUse
from sparx_crm.errors.orders import ORDER_ERRORS
from sparx_crm.errors.leads import LeadIsConverted
from sparx_crm.errors.quotes import OwnQuote, QuoteChanged, QuoteIsExpired, QuoteLocked
from sparx_crm.errors.merges import AlreadyMerged, MergeStays
from sparx_crm.errors.privacy import CustomerErased, EmailErased
from sparx_crm.errors.segments import SegmentIsArchived, SegmentIsFrozen
from sparx_crm.events.accounts import (
    AccountCreated,
    AccountDeleted,
    AccountMemberAdded,
    AccountMemberChanged,
    AccountMemberRemoved,
    AccountRestored,
    AccountUpdated,
)
from sparx_crm.events.activities import ActivityCreated, ActivityDeleted, ActivityUpdated
from sparx_crm.events.customers import (
    CustomerConsentRecorded,
    CustomerCreated,
    CustomerDeleted,
    CustomerRestored,
    CustomerStageChanged,
    CustomerUpdated,
)
from sparx_crm.events.deals import (
    DealCreated,
    DealDeleted,
    DealLost,
    DealReopened,
    DealStageChanged,
    DealUpdated,
    DealWon,
)
from sparx_crm.events.leads import (
    LeadContacted,
    LeadConverted,
    LeadCreated,
    LeadDeleted,
    LeadDisqualified,
    LeadQualified,
    LeadReopened,
    LeadUpdated,
)
from sparx_crm.events.merges import (
    AccountMerged,
    AccountMergeUndone,
    CustomerMerged,
    CustomerMergeUndone,
)
from sparx_crm.events.fulfillments import FULFILLMENT_EVENTS
from sparx_crm.events.orders import ORDER_EVENTS
from sparx_crm.events.payments import PAYMENT_EVENTS
from sparx_crm.events.quotes import QUOTE_EVENTS
from sparx_crm.events.segments import (
    SegmentArchived,
    SegmentCreated,
    SegmentDeleted,
    SegmentEntered,
    SegmentExited,
    SegmentFrozen,
    SegmentUnarchived,
    SegmentUpdated,
)
from sparx_crm.events.tasks import (
    TaskCancelled,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskReminder,
    TaskReopened,
    TaskUpdated,
)
from sparx_crm.handlers.deals import win_deal_of_order
from sparx_crm.handlers.orders import ORDER_HANDLERS
from sparx_crm.handlers.quotes import expire_quotes
from sparx_crm.handlers.segments import (
    reconsider_changed_customer,
    reconsider_customers_of_account,
)
from sparx_crm.handlers.privacy import (
    refuse_erased_email,
    refuse_erased_email_again,
    refuse_return_of_erased,
)
from sparx_crm.handlers.statistics import update_customer_statistics
from sparx_crm.handlers.timeline import (
    record_account_event,
    record_customer_event,
    record_deal_event,
    record_email_event,
    record_fulfillment_event,
    record_lead_event,
    record_order_event,
    record_payment_event,
    record_quote_event,
    record_refund_event,
    record_return_event,
    record_task_event,
)
from sparx_crm.models.accounts import Account, AccountDomain, Membership
from sparx_crm.models.activities import Activity
from sparx_crm.models.customers import Consent, Customer, CustomerEmail, CustomerPhone
from sparx_crm.models.deals import Deal, DealItem, StageChange
from sparx_crm.models.leads import Lead
from sparx_crm.models.privacy import ErasedEmail, Erasure
from sparx_crm.models.merges import Merge, MergeStep
from sparx_crm.models.fulfillments import Fulfillment, FulfillmentItem
from sparx_crm.models.orders import Order, OrderItem
from sparx_crm.models.payments import Payment, Refund, RefundItem
from sparx_crm.models.returns import OrderReturn, ReturnItem
from sparx_crm.models.pipelines import LostReason, Pipeline, Stage
from sparx_crm.models.quotes import Quote, QuoteItem
from sparx_crm.models.segments import Segment, SegmentMember, SegmentRun
from sparx_crm.models.tasks import Task as TaskRow
from sparx_crm.operations.accounts import accounts
from sparx_crm.operations.activities import activities
from sparx_crm.operations.bulk_customers import assign_customers, tag_customers
from sparx_crm.operations.consents import consents
from sparx_crm.operations.customers import customers
from sparx_crm.operations.deals import deals, stage_changes
from sparx_crm.operations.duplicates import list_account_duplicates, list_customer_duplicates
from sparx_crm.operations.forecasts import forecast, pipeline_funnel, win_loss
from sparx_crm.operations.leads import leads
from sparx_crm.operations.memberships import memberships
from sparx_crm.events.privacy import CustomerForgotten
from sparx_crm.operations.privacy import erase_customer, erasures, export_customer
from sparx_crm.operations.merges import (
    merge_accounts,
    merge_customers,
    merges,
    move_late_references,
)
from sparx_crm.operations.fulfillments import fulfillments
from sparx_crm.operations.order_edits import edit_order as edit_order
from sparx_crm.operations.orders import orders
from sparx_crm.operations.payments import payments
from sparx_crm.operations.refunds import refunds
from sparx_crm.operations.returns import returns
from sparx_crm.operations.pipelines import lost_reasons, pipelines
from sparx_crm.operations.quote_conversion import convert_quote as convert_quote
from sparx_crm.operations.quote_links import public_quotes
from sparx_crm.operations.quotes import quotes
from sparx_crm.operations.segments import preview_segment, segment_members, segments
from sparx_crm.operations.stages import stages
from sparx_crm.operations.reports import acquisition, snapshot
from sparx_crm.operations.tasks import remind_of_task, tasks
from sparx_crm.segments.built_in import built_in_segments
from sparx_crm.segments.recomputing import recompute_segment, recompute_segments
from sparx_crm.segments.reconsidering import reconsider_customer


@hookimpl
def sparx_models() -> list[type[TenantModel]]:
    # What is referred to comes before.
    return [
        Account, AccountDomain, Customer, CustomerEmail, CustomerPhone, Consent, Membership,
        Pipeline, Stage, LostReason, Deal, DealItem, StageChange, Lead, Quote, QuoteItem, Order,
        OrderItem, Payment, Refund, RefundItem, Fulfillment, FulfillmentItem, OrderReturn,
        ReturnItem, Merge, MergeStep, Erasure, ErasedEmail, Activity, TaskRow, Segment,
        SegmentMember, SegmentRun,
    ]  # fmt: skip


@hookimpl
def sparx_resources() -> list[Resource | Operation]:
    return [
        pipelines, stages, lost_reasons, deals, stage_changes, forecast, pipeline_funnel, win_loss,
        accounts, memberships, customers, consents, assign_customers, tag_customers,
        list_customer_duplicates, list_account_duplicates, orders, payments, refunds, fulfillments,
        returns, quotes, public_quotes, leads, merges, merge_customers, merge_accounts, erasures, export_customer, erase_customer,
        activities, tasks, snapshot, acquisition, segments, segment_members, preview_segment]


@hookimpl
def sparx_errors() -> list[type[ApiError]]:
    return [*ORDER_ERRORS, SegmentIsFrozen, SegmentIsArchived, AccountCycle, PrimaryMembership, DefaultPipeline, NoStage, StageInUse, LeadIsConverted, AlreadyMerged, MergeStays, CustomerErased, EmailErased, QuoteLocked, QuoteIsExpired, QuoteChanged, OwnQuote, EntryOfSystem]


@hookimpl
def sparx_events() -> list[type[Event]]:
    return [
        SegmentCreated, SegmentUpdated, SegmentFrozen, SegmentArchived, SegmentUnarchived,
        SegmentDeleted, SegmentEntered, SegmentExited,
        DealCreated, DealUpdated, DealStageChanged, DealWon, DealLost, DealReopened, DealDeleted,
        AccountCreated, AccountUpdated, AccountDeleted, AccountRestored,
        AccountMemberAdded, AccountMemberChanged, AccountMemberRemoved,
        CustomerCreated, CustomerUpdated, CustomerDeleted, CustomerRestored,
        CustomerStageChanged, CustomerConsentRecorded, *ORDER_EVENTS, *PAYMENT_EVENTS, *FULFILLMENT_EVENTS,
        LeadCreated, LeadUpdated, LeadDeleted, LeadContacted, LeadQualified, LeadDisqualified,
        LeadReopened, LeadConverted,
        CustomerForgotten, CustomerMerged, CustomerMergeUndone, AccountMerged, AccountMergeUndone,
        *QUOTE_EVENTS,
        ActivityCreated, ActivityUpdated, ActivityDeleted, TaskCreated, TaskUpdated, TaskCompleted,
        TaskCancelled, TaskReopened, TaskReminder, TaskDeleted]


@hookimpl
def sparx_event_handlers() -> list[Handler]:
    return [
        update_customer_statistics, *ORDER_HANDLERS, win_deal_of_order, reconsider_changed_customer,
        reconsider_customers_of_account,
        record_order_event, record_deal_event, record_quote_event, record_customer_event,
        record_account_event, record_lead_event, record_task_event, record_email_event,
        record_payment_event, record_refund_event, record_fulfillment_event, record_return_event]


@hookimpl
def sparx_periodic() -> list[Periodic]:
    return [recompute_segments, expire_quotes]


@hookimpl
def sparx_guards() -> list[Guard]:
    return [refuse_erased_email, refuse_erased_email_again, refuse_return_of_erased]


@hookimpl
def sparx_tasks() -> list[Task]:
    return [recompute_segment, reconsider_customer, move_late_references, remind_of_task]


@hookimpl
def sparx_activate(ctx: Context) -> None:
    default_pipeline(ctx)
    built_in_segments(ctx)


module = Module(
    key="crm",
    title="CRM",
    package="sparx_crm",
    plugin=sys.modules[__name__],
    hookspecs=hookspecs,
    description="Customers and orders.",
)
