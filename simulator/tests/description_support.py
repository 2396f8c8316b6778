# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenAPI descriptions, brought to one form so that they can be compared and used for validation."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import yaml

Json = dict[str, t.Any]
FOLDER = os.environ.get("LAMBDA_CLOUD_SPEC_DIR")
FILES = {"1.10.0": "lambda-cloud-api-1.10.0.json", "1.5.3": "lambda-cloud-api-1.5.3.yaml"}
PREFIX = "/api/v1"
METHODS = ("get", "post", "put", "patch", "delete")
# What a value may be; the rest of a schema is words.
LIMITS = ("minLength", "maxLength", "pattern", "minItems", "maxItems", "minimum", "maximum")


def published_file(version: str) -> Path | None:
    """Return the published description, where there is one on this system."""
    path = Path(FOLDER) / FILES[version] if FOLDER else None
    return path if path is not None and path.exists() else None


def load(path: Path) -> Json:
    text = path.read_text("utf-8")
    found: Json = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    return found


class Description:
    """A description of the API. Operations are known by method and path below the base path."""

    def __init__(self, document: Json) -> None:
        self._document = document

    def operations(self) -> dict[tuple[str, str], Json]:
        return {
            (method.upper(), path.removeprefix(PREFIX)): operation
            for path, item in self._document["paths"].items()
            for method, operation in item.items()
            if method in METHODS
        }

    def parameters(self, operation: Json) -> Json:
        """Return by name where each parameter is and whether it is required."""
        return {row["name"]: (row["in"], row.get("required", False)) for row in operation.get("parameters", [])}

    def body(self, operation: Json) -> t.Any:
        """Return the normal form of a request's body, or None."""
        body = self.resolve(operation.get("requestBody"))
        return self.normal(body["content"]["application/json"]["schema"]) if body else None

    def answers(self, operation: Json) -> dict[str, t.Any]:
        """Return the normal form of a success, and for each status of an error its codes."""
        found: dict[str, t.Any] = {}
        for status, answer in operation["responses"].items():
            content = self.resolve(answer).get("content")
            schema = content["application/json"]["schema"] if content else None
            # An empty schema says no more than none.
            normal = self.normal(schema) if schema else None
            found[status] = normal if status == "200" else _codes(normal["fields"]["error"])
        return found

    def schema(self, method: str, path: str, status: int) -> Json | None:
        """Return a JSON schema of a response, complete in itself."""
        answer = self.resolve(self.operations()[method, path]["responses"][str(status)])
        if "content" not in answer:
            return None
        schema = answer["content"]["application/json"]["schema"]
        return t.cast(Json, _with_null({**schema, "components": self._document["components"]}))

    def resolve(self, node: t.Any) -> t.Any:
        while isinstance(node, dict) and "$ref" in node:
            found: t.Any = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def normal(self, node: t.Any) -> t.Any:
        """Return what a value may be, without words: comparable whoever wrote it."""
        node = self.resolve(node)
        choices = [self.resolve(each) for each in node.get("anyOf", [])]
        null = node.get("nullable", False) or {"type": "null"} in choices
        choices = [each for each in choices if each != {"type": "null"}]
        if len(choices) == 1:
            found = self.normal({**{key: value for key, value in node.items() if key != "anyOf"}, **choices[0]})
        elif choices:
            found = {"anyOf": sorted((self.normal(each) for each in choices), key=json.dumps)}
        else:
            found = self._simple(node)
        return {**found, "null": True} if null else found

    def _simple(self, node: Json) -> Json:
        found: Json = {key: node[key] for key in LIMITS if key in node}
        # No limit at all
        if found.get("minLength") == 0:
            del found["minLength"]
        if "const" in node or "enum" in node:
            found["enum"] = sorted(node.get("enum", [node.get("const")]))
        kind = node.get("type") or ("string" if "enum" in found else "object")
        if kind == "object":
            if isinstance(node.get("additionalProperties"), dict) and node["additionalProperties"]:
                found["values"] = self.normal(node["additionalProperties"])
            found["fields"] = {name: self.normal(each) for name, each in node.get("properties", {}).items()}
            found["required"] = sorted(node.get("required", []))
        elif kind == "array":
            found["items"] = self.normal(node["items"])
        return {"type": kind, **found}


def _codes(error: Json) -> list[str]:
    """Return the codes of an error, however they are spread over alternatives."""
    alternatives = error.get("anyOf", [error])
    assert all(set(each["fields"]) == {"code", "message", "suggestion"} for each in alternatives)
    return sorted(code for each in alternatives for code in each["fields"]["code"]["enum"])


def _with_null(node: t.Any) -> t.Any:
    """Translate `nullable` of OpenAPI 3.0 to the type null of JSON Schema."""
    if isinstance(node, list):
        return [_with_null(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {key: _with_null(value) for key, value in node.items()}
    if node.get("nullable") is True:
        return {"anyOf": [{key: value for key, value in node.items() if key != "nullable"}, {"type": "null"}]}
    return node
