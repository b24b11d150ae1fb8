"""The reference: what there is, and a page for each module with every operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sparx_core.surfaces.docs.fields import Fields, going_note
from sparx_core.surfaces.docs.html import Html, code, element, inline, prose, together
from sparx_core.surfaces.docs.layout import Link
from sparx_core.surfaces.docs.operations import Described, described, homes, of_module
from sparx_core.surfaces.docs.samples import answer_sample, curl, example_path, sample


def index(document: Mapping[str, Any]) -> Html:
    """All operations, by module."""
    operations = described(document)
    parts = []
    for tag in document["tags"]:
        own = of_module(operations, tag["name"])
        href = f"/docs/reference/{tag['name']}"
        parts.append(element("h2", element("a", tag["x-displayName"], href=href)))
        parts.append(prose(tag.get("description", "")))
        parts.append(element("ul", [_line(one) for one in own], class_="operations"))
    intro = (
        "Every endpoint, by module. An endpoint of a module that is not active for your tenant is"
    )
    return together(
        element("h1", "Reference"),
        element("p", inline(f"{intro} refused with `module_disabled`."), class_="lead"),
        parts,
    )


def _line(operation: Described) -> Html:
    link = element("a", code(operation.path), href=operation.href)
    told = element("span", inline(operation.content["summary"]))
    going = operation.content.get("deprecated")
    mark = element("span", "deprecated", class_="need deprecated") if going else None
    return element("li", _method(operation.method), link, told, mark)


def module_page(document: Mapping[str, Any], key: str) -> tuple[str, Html, list[Link]]:
    """Title, content and navigation of the page of a module."""
    (tag,) = [one for one in document["tags"] if one["name"] == key]
    operations = described(document)
    fields = Fields(document["components"]["schemas"], homes(operations))
    own = of_module(operations, key)
    groups = dict.fromkeys(one.group for one in own)
    content = together(
        element("h1", tag["x-displayName"]),
        element("p", inline(tag.get("description", "")), class_="lead"),
        together(_group(document, fields, group, own) for group in groups),
    )
    links = [
        Link(f"#{one.id}", together(_method(one.method), _short(one)), group)
        for group in groups
        for one in own
        if one.group == group
    ]
    return tag["x-displayName"], content, links


def _short(operation: Described) -> Html:
    return element("span", operation.id.rpartition(".")[2].replace("_", " "))


def _group(
    document: Mapping[str, Any], fields: Fields, group: str, operations: list[Described]
) -> Html:
    articles = (_article(document, fields, one) for one in operations if one.group == group)
    return together(element("h2", group), together(articles))


def _article(document: Mapping[str, Any], fields: Fields, operation: Described) -> Html:
    summary, description = operation.content["summary"], operation.content["description"]
    told = together(
        element(
            "h3",
            element(
                "a", inline(summary.removesuffix(".")), href=f"#{operation.id}", class_="anchor"
            ),
        ),
        element("p", _method(operation.method), code(operation.path), class_="request"),
        element("p", note) if (note := going_note(operation.content)) else None,
        prose(description.removeprefix(summary).strip()),
        _sections(document, fields, operation),
    )
    return element(
        "article",
        element("div", told, class_="told"),
        element("div", _samples(document, operation), class_="samples"),
        id=operation.id,
    )


def _sections(
    document: Mapping[str, Any], fields: Fields, operation: Described
) -> Iterator[Html | None]:
    parameters = list(_parameters(document, operation))
    body = operation.content.get("requestBody")
    yield _listed("Path", fields, [one for one in parameters if one["in"] == "path"])
    if body is not None:
        content = body["content"]
        optional = "" if body["required"] else ", which may be left away"
        told = (
            fields.of(content["application/json"]["schema"], sent=True)
            if "application/json" in content
            else element("p", "A file: ", ", ".join(content), ".")
        )
        yield together(element("h4", f"Body{optional}"), told)
    yield _listed("Query", fields, [one for one in parameters if one["in"] == "query"])
    yield _listed("Headers", fields, [one for one in parameters if one["in"] == "header"])
    data = operation.success[1]["schema"].get("properties", {}).get("data")
    if data is not None:
        summary = element("summary", "Fields of ", code("data"), " in the answer")
        yield element("details", summary, fields.of(data, sent=False), class_="answer")
    yield together(element("h4", "Errors"), _errors(document, operation))
    emitted = operation.content.get("x-sparx-emits", [])
    if emitted:
        links = [element("a", code(one), href=f"/docs/events#{one}") for one in emitted]
        yield together(element("h4", "Events"), element("p", links, class_="codes"))


def _listed(title: str, fields: Fields, parameters: list[Mapping[str, Any]]) -> Html | None:
    return together(element("h4", title), fields.parameters(parameters)) if parameters else None


def _parameters(document: Mapping[str, Any], operation: Described) -> Iterator[Mapping[str, Any]]:
    for one in operation.content.get("parameters", []):
        name = one.get("$ref", "").rpartition("/")[2]
        yield document["components"]["parameters"][name] if name else one


def _errors(document: Mapping[str, Any], operation: Described) -> Html:
    links = []
    for status, response in operation.content["responses"].items():
        name = response.get("$ref", "").rpartition("/")[2]
        if not name:
            continue
        examples = document["components"]["responses"][name]["content"]["application/json"]
        for error in examples["examples"]:
            told = together(element("span", status), code(error))
            links.append(element("a", told, href=f"/docs/errors#{error}"))
    return element("p", links, class_="codes")


def _samples(document: Mapping[str, Any], operation: Described) -> Iterator[Html]:
    parameters = list(_parameters(document, operation))
    path = example_path(operation.path, parameters)
    if any(one["name"] == "take" for one in parameters):
        path += "?take=10"
    body = operation.content.get("requestBody", {}).get("content", {}).get("application/json", {})
    needs_key = {} not in operation.content["security"] and operation.content["security"] != []
    yield sample("Request", curl(operation.method, path, body.get("example"), key=needs_key))
    status, content = operation.success
    if "example" in content:
        yield answer_sample(status, content["example"])


def _method(method: str) -> Html:
    return element("span", method, class_=f"method {method.lower()}")
