# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses that were written elsewhere: their shape, the published examples, and a client that is given them."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import yaml
from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api, open_api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.options import CONNECTION_OPTIONS
from support.server import CannedServer

Json = dict[str, t.Any]
FOLDER = os.environ.get("LAMBDA_CLOUD_SPEC_DIR")
FILES = {"1.10.0": "lambda-cloud-api-1.10.0.json", "1.5.3": "lambda-cloud-api-1.5.3.yaml"}
_METHODS = ("get", "post", "put", "patch", "delete")


def client_of(server: CannedServer) -> Api:
    """Return a client of a server, which sends each request once and at once."""
    defaults = {name: option.default for name, option in CONNECTION_OPTIONS.items()}
    at_once = {"request_interval": 0.0, "launch_interval": 0.0, "retry_timeout": 0.0}
    return open_api({**defaults, **at_once, "api_key": "k", "api_url": f"http://127.0.0.1:{server.port}/api/v1"})


def shape(value: t.Any) -> t.Any:
    """Return the fields and types of JSON; a list is what its first row is, and numbers are of one type."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value[:1]]
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


def published(version: str) -> Json | None:
    """Return the published description of a version, or None where it is not on this system."""
    path = Path(FOLDER) / FILES[version] if FOLDER else None
    if path is None or not path.exists():
        return None
    text = path.read_text("utf-8")
    found: Json = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    return found


class Published:
    """The examples of a published description. It gives them for single fields, and these are put together here.

    Args:
        document: the description.
        optional: whether fields that may be missing are there.
    """

    def __init__(self, document: Json, optional: bool) -> None:
        self._document = document
        self._optional = optional

    def responses(self) -> dict[tuple[str, str], Json]:
        """Return the body of a success by method and path, for each operation that has one."""
        return {
            (method, path): self.example(content["application/json"]["schema"])
            for method, path, operation in self._operations()
            if (content := self.resolve(operation["responses"]["200"]).get("content"))
        }

    def requests(self) -> dict[tuple[str, str], Json]:
        """Return the body of a request by method and path, for each operation that has one."""
        return {
            (method, path): self.example(
                self.resolve(operation["requestBody"])["content"]["application/json"]["schema"]
            )
            for method, path, operation in self._operations()
            if "requestBody" in operation
        }

    def _operations(self) -> t.Iterator[tuple[str, str, Json]]:
        for path, item in self._document["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield method.upper(), path.removeprefix("/api/v1"), item[method]

    def resolve(self, node: Json) -> Json:
        found: t.Any = node
        while "$ref" in found:
            target: t.Any = self._document
            for part in found["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            # What stands beside a reference counts more.
            found = {**target, **{name: value for name, value in found.items() if name != "$ref"}}
        return t.cast(Json, found)

    def example(self, schema: Json) -> t.Any:
        """Return a value as a schema describes it: its own example, or one made of those of its parts."""
        node = self.resolve(schema)
        if "example" in node:
            return node["example"]
        if node.get("examples"):
            return node["examples"][0]
        for word in ("anyOf", "oneOf"):
            if word in node:
                return self.example(next(each for each in node[word] if each.get("type") != "null"))
        if "const" in node:
            return node["const"]
        if "enum" in node:
            return node["enum"][0]
        return self._made(node)

    def _made(self, node: Json) -> t.Any:
        kind = node.get("type", "object")
        if kind == "array":
            return [self.example(node["items"])]
        if kind == "object":
            fields = node.get("properties", {})
            required = set(node.get("required", ()))
            made = {name: self.example(each) for name, each in fields.items() if self._optional or name in required}
            if isinstance(node.get("additionalProperties"), dict) and node["additionalProperties"] and not fields:
                made["a_name"] = self.example(node["additionalProperties"])
            return made
        plain: Json = {"integer": 1, "number": 1.5, "boolean": True, "null": None}
        text = "2026-08-11T09:00:00Z" if node.get("format") == "date-time" else "text"
        return plain.get(kind, text)
