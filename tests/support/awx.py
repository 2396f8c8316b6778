# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of AWX's REST interface as the collection awx.awx needs to set up credentials, a project, an inventory and job templates.

It keeps what it is sent, hides secrets as AWX does, and refuses what AWX refuses: unknown inputs of a credential, playbooks that the
project does not have, recurrences without a begin or an interval.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
import typing as t
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

Row = dict[str, t.Any]

ENCRYPTED = "$encrypted$"
_MACHINE_INPUTS = {
    "fields": [{"id": "username", "type": "string"}, {"id": "ssh_key_data", "type": "string", "secret": True}],
}


class Refused(Exception):
    """What AWX answers with 400."""


class Awx:
    """An organisation with what belongs to it.

    Args:
        project: the folder that is in the project's Git repository.
    """

    def __init__(self, project: Path) -> None:
        self._project = project
        self.tables: dict[str, list[Row]] = {}
        # What secrets really are, by the id of the credential.
        self.secrets: dict[int, Row] = {}
        self.associations: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[int, Row] = {}
        self.add("organizations", {"name": "Default"})
        self.add("execution_environments", {"name": "AWX EE"})
        self.add("credential_types", {"name": "Machine", "kind": "ssh", "inputs": _MACHINE_INPUTS, "managed": True})

    def add(self, table: str, row: Row) -> Row:
        rows = self.tables.setdefault(table, [])
        new = {"id": len(rows) + 1, "type": table.rstrip("s"), "summary_fields": {}, "scm_revision": "", **row}
        new["url"] = f"/api/v2/{table}/{new['id']}/"
        new["related"] = {"survey_spec": f"{new['url']}survey_spec/"}
        rows.append(self._checked(table, new))
        return new

    def change(self, table: str, row: Row, changes: Row) -> Row:
        row.update(self._checked(table, {**row, **changes}))
        return row

    def one(self, table: str, name: str) -> Row:
        """The only row of that name."""
        (found,) = (row for row in self.tables[table] if row["name"] == name)
        return found

    def _checked(self, table: str, row: Row) -> Row:
        if table == "credentials":
            return self._credential(row)
        files = {path.name for path in self._project.iterdir()}
        for field in ("playbook", "source_path"):
            if field in row and row[field] not in files:
                raise Refused(f"{field}: {row[field]} is not in the project.")
        if table == "job_templates" and not {"inventory", "project", "playbook"} <= set(row):
            raise Refused("A job template needs an inventory, a project and a playbook.")
        if table == "schedules" and not re.fullmatch(
            r"DTSTART:\d{8}T\d{6}Z RRULE:FREQ=(MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY);INTERVAL=\d+(;[A-Z=,\d]+)?",
            row["rrule"],
        ):
            raise Refused(f"rrule: {row['rrule']}")
        return row

    def _credential(self, row: Row) -> Row:
        kind = next(each for each in self.tables["credential_types"] if each["id"] == row["credential_type"])
        fields = {field["id"]: field for field in kind["inputs"]["fields"]}
        given = row.get("inputs", {})
        unknown, missing = set(given) - set(fields), set(kind["inputs"].get("required", [])) - set(given)
        if unknown or missing:
            raise Refused(f"inputs: unknown {sorted(unknown)}, missing {sorted(missing)}")
        kept = self.secrets.setdefault(row["id"], {})
        kept.update({name: value for name, value in given.items() if value != ENCRYPTED})
        return {**row, "inputs": {name: ENCRYPTED if fields[name].get("secret") else given[name] for name in given}}


def _app(awx: Awx) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(Refused)
    async def refuse(_request: Request, error: Refused) -> Response:
        return JSONResponse({"__all__": [str(error)]}, 400)

    def page(rows: list[Row]) -> Row:
        return {"count": len(rows), "next": None, "previous": None, "results": rows}

    @app.post("/api/v2/tokens/")
    async def log_in() -> Response:
        return JSONResponse({"id": 1, "token": "token"}, 201)

    @app.delete("/api/v2/tokens/{number}/")
    async def log_out(number: int) -> Response:
        return Response(status_code=204)

    @app.get("/api/v2/{table}/")
    async def find(table: str, request: Request) -> Row:
        rows = awx.tables.get("job_templates" if table == "unified_job_templates" else table, [])
        wanted = request.query_params.items()
        return page([row for row in rows if all(str(row.get(field)) == value for field, value in wanted)])

    @app.post("/api/v2/{table}/")
    async def create(table: str, request: Request) -> Response:
        return JSONResponse(awx.add(table, await request.json()), 201)

    @app.patch("/api/v2/{table}/{number}/")
    async def change(table: str, number: int, request: Request) -> Row:
        return awx.change(table, awx.tables[table][number - 1], await request.json())

    @app.get("/api/v2/job_templates/{number}/survey_spec/")
    async def survey(number: int) -> Row:
        return awx.surveys.get(number, {})

    @app.post("/api/v2/job_templates/{number}/survey_spec/")
    async def ask(number: int, request: Request) -> Response:
        awx.surveys[number] = await request.json()
        return Response()

    @app.get("/api/v2/{table}/{number}/{related}/")
    async def associated(table: str, number: int, related: str) -> Row:
        return page([{"id": each} for each in awx.associations.get((table, number, related), [])])

    @app.post("/api/v2/{table}/{number}/{related}/")
    async def associate(table: str, number: int, related: str, request: Request) -> Response:
        awx.associations.setdefault((table, number, related), []).append((await request.json())["id"])
        return Response(status_code=204)

    return app


@contextlib.contextmanager
def running_awx(project: Path) -> t.Iterator[tuple[Awx, str]]:
    """An AWX on a free port and its address, gone afterwards."""
    awx = Awx(project)
    server = uvicorn.Server(uvicorn.Config(_app(awx), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield awx, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
