"""Lists answer what plain Python computes from the rows that were inserted, whatever is asked."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from .expected.lists import listed
from .expected.resources import Side
from .expected.selections import chosen, rendered
from .expected.wire import exact, parse
from .queries import LOCALES, PATHS, Question, questions

#: The same examples always, unless more are wanted: SPARX_TEST_EXAMPLES=5000.
EXAMPLES = int(os.environ.get("SPARX_TEST_EXAMPLES", "0"))
#: Pages of one walk, at most.
PAGES = 6

bounded = settings(
    max_examples=EXAMPLES or 80,
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    report_multiple_bugs=False,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


def expected(side: Side, question: Question) -> list[Any]:
    """All entries of a list."""
    tenant = side.tenant
    tree = chosen(question.kind, tenant, question.fields, question.include)
    rows = listed(question.kind, tenant, question.asked, question.words, question.sort)
    locales = LOCALES.get(question.locale or "", [])
    return [rendered(question.kind, tenant, row, tree, locales) for row in rows]


@given(data=st.data())
@bounded
def test_any_list(world: list[Side], data: st.DataObject) -> None:
    side = data.draw(st.sampled_from(world))
    question = data.draw(questions(side.tenant))
    entries = expected(side, question)
    seen, params = 0, question.params()
    for _ in range(PAGES):
        answer = side.api.get(PATHS[question.kind], params=params)
        assert answer.status == 200, answer.text
        body = parse(answer.text)
        page = entries[seen : seen + question.take]
        assert exact(body["data"]) == exact(page)
        seen += len(page)
        assert body["meta"]["total"] == len(entries)
        assert body["meta"]["per_page"] == question.take
        assert (body["meta"]["next_cursor"] is None) == (seen >= len(entries))
        if seen >= len(entries):
            break
        params["cursor"] = body["meta"]["next_cursor"]
