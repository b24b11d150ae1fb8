"""Parts of a transaction that may fail by themselves: what they wrote and stated is undone with
them, and the rest stands.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sparx_core.context import Context

AnswerT = TypeVar("AnswerT")


class _Rehearsed(Exception):
    """A rehearsal came to its end, and is rolled back."""


def attempt(ctx: Context, work: Callable[[], AnswerT]) -> AnswerT:
    """What ``work`` answers, with all that it wrote and emitted sent, and guards asked.

    If it raises, all of that is undone, and what was written before stands. Rows that it changed
    are not what is stored any more then: read them again. Attempts may contain others.
    """
    ctx.ask_guards()
    ctx.flush()
    # Events of before are not a part of it: they are sent when the transaction ends.
    before, ctx.events = ctx.events, []

    def carry_out() -> AnswerT:
        answer = work()
        ctx.finish()
        return answer

    try:
        return ctx.transaction.attempt(carry_out)
    except BaseException:
        ctx.forget_all()
        raise
    finally:
        ctx.events = before


def rehearse(ctx: Context, work: Callable[[], AnswerT]) -> AnswerT:
    """What :func:`attempt` would answer or raise, with nothing of it done."""
    answers: list[AnswerT] = []

    def try_out() -> None:
        answers.append(work())
        ctx.finish()
        raise _Rehearsed

    with suppress(_Rehearsed):
        attempt(ctx, try_out)
    return answers[0]
