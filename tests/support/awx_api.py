# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of AWX's REST interface as the collection awx.awx needs to set it up. It refuses what AWX 24.6.1 refuses.

Each rule names the file and the function of AWX that has it; those without a file are of awx/api/serializers.py.
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
from support.awx_jobs import Refused, answered, check_survey

Row = dict[str, t.Any]

ENCRYPTED = "$encrypted$"
# awx/main/models/credential, ManagedCredentialType
_MACHINE_INPUTS = {
    "fields": [{"id": "username", "type": "string"}, {"id": "ssh_key_data", "type": "string", "secret": True}],
}
# The tables of what can be launched, which have ids of one sequence: awx/main/models/unified_jobs.py, UnifiedJobTemplate
_TEMPLATES = ("job_templates", "workflow_job_templates", "projects", "inventory_sources")
# What has one name in all of AWX; others have one in each organization: Meta.unique_together of awx/main/models.
_GLOBAL = ("organizations", "execution_environments", "credential_types")
_RELATED = {"galaxy_credentials": "credentials"}


class Awx:
    """An AWX as it is after its installation, with what is then made in it.

    Args:
        project: the folder that is in the project's Git repository.
    """

    def __init__(self, project: Path) -> None:
        self._project = project
        self._next_id = 1
        self.tables: dict[str, list[Row]] = {}
        # What secrets really are, by the id of the credential.
        self.secrets: dict[int, Row] = {}
        self.associations: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[int, Row] = {}
        # How many syncs of projects fail, and in which table the next row cannot be made
        self.failing_syncs = 0
        self.failing_table: str | None = None
        default = self.add("organizations", {"name": "Default"})
        # awx/main/management/commands/register_default_execution_environments.py
        self.add("execution_environments", {"name": "AWX EE (latest)", "image": "quay.io/ansible/awx-ee:latest"})
        self.add("credential_types", {"name": "Machine", "kind": "ssh", "inputs": _MACHINE_INPUTS, "managed": True})
        galaxy = self.add(
            "credential_types", {"name": "Ansible Galaxy/Automation Hub API Token", "inputs": {"fields": []}}
        )
        # awx/main/management/commands/create_preload_data.py: only the organization Default is given one.
        token = self.add(
            "credentials", {"name": "Ansible Galaxy", "organization": None, "credential_type": galaxy["id"]}
        )
        self.associations["organizations", default["id"], "galaxy_credentials"] = [token["id"]]

    def add(self, table: str, row: Row) -> Row:
        if table == self.failing_table:
            self.failing_table = None
            raise Refused("The database went away.")
        rows = self.tables.setdefault(table, [])
        url = f"/api/v2/{table}/{self._next_id}/"
        new = {
            "id": self._next_id,
            "type": table.removesuffix("s"),
            "url": url,
            "summary_fields": {},
            "scm_revision": "",
        }
        related = ("survey_spec", "update", "galaxy_credentials")
        new["related"] = {name: f"{url}{name}/" for name in related}
        rows.append(self._checked(table, {**new, **row}))
        self._next_id += 1
        if table == "projects":
            # awx/main/models/projects.py, Project.save: a new one is synced at once.
            self.sync(rows[-1])
        return rows[-1]

    def change(self, table: str, row: Row, changes: Row) -> Row:
        row.update(self._checked(table, {**row, **changes}))
        return row

    def sync(self, project: Row) -> Row:
        """Sync a project, which has playbooks only after one that was successful."""
        failed = self.failing_syncs > 0
        self.failing_syncs -= failed
        if not failed:
            project["playbook_files"] = [path.name for path in self._project.glob("*.yml")]
            project["scm_revision"] = "0" * 40
        update = {
            "status": "failed" if failed else "successful",
            "failed": failed,
            "finished": "2026-01-01T00:00:00Z",
            "event_processing_finished": True,
            "scm_revision": project["scm_revision"],
        }
        self.tables.setdefault("project_updates", []).append({**update, "id": self._next_id, "name": project["name"]})
        made = self.tables["project_updates"][-1]
        made["url"] = f"/api/v2/project_updates/{self._next_id}/"
        self._next_id += 1
        return made

    def one(self, table: str, name: str) -> Row:
        """Return the only row of that name."""
        (found,) = (row for row in self.tables[table] if row.get("name", row.get("identifier")) == name)
        return found

    def by_id(self, table: str, number: t.Any) -> Row:
        found = [row for row in self.find(table) if row["id"] == number]
        if not found:
            raise Refused(f"{table}: there is no object {number}.")
        return found[0]

    def find(self, table: str) -> list[Row]:
        tables = _TEMPLATES if table == "unified_job_templates" else (table,)
        return [row for each in tables for row in self.tables.get(each, [])]

    def _checked(self, table: str, row: Row) -> Row:
        same = [
            other
            for other in self.tables.get(table, [])
            if other["id"] != row["id"]
            and (table in _GLOBAL or other.get("organization") == row.get("organization"))
            and "name" in row
            and (other.get("name"), other.get("inventory")) == (row["name"], row.get("inventory"))
            and other.get("credential_type") == row.get("credential_type")
        ]
        if same and table != "schedules":
            raise Refused(f"{table} with this name already exists: {row['name']}")
        check = getattr(self, f"_check_{table}", None)
        return check(row) if check else row

    def _check_credentials(self, row: Row) -> Row:
        """awx/main/fields.py, CredentialInputField.validate: unknown inputs, and missing ones that are required."""
        kind = self.by_id("credential_types", row["credential_type"])
        fields = {field["id"]: field for field in kind["inputs"]["fields"]}
        given = row.get("inputs", {})
        unknown, missing = set(given) - set(fields), set(kind["inputs"].get("required", [])) - set(given)
        if unknown or missing:
            raise Refused(f"inputs: unknown {sorted(unknown)}, missing {sorted(missing)}")
        kept = self.secrets.setdefault(row["id"], {})
        kept.update({name: value for name, value in given.items() if value != ENCRYPTED})
        return {**row, "inputs": {name: ENCRYPTED if fields[name].get("secret") else given[name] for name in given}}

    def _check_execution_environments(self, row: Row) -> Row:
        """ExecutionEnvironment.image is required: awx/main/models/execution_environments.py."""
        if not row.get("image"):
            raise Refused("image: This field may not be blank.")
        return row

    def _check_inventory_sources(self, row: Row) -> Row:
        """InventorySourceSerializer.validate"""
        if row.get("source") == "scm" and not row.get("source_project"):
            raise Refused("source_project: Project required for scm type sources.")
        self.by_id("execution_environments", row["execution_environment"])
        return row

    def _check_job_templates(self, row: Row) -> Row:
        """JobOptionsSerializer.validate and JobTemplateSerializer.validate"""
        project = self.by_id("projects", row.get("project"))
        if row.get("playbook") not in project.get("playbook_files", []):
            raise Refused("playbook: Playbook not found for project.")
        if not row.get("inventory") and not row.get("ask_inventory_on_launch"):
            raise Refused("inventory: You must either set a default value or ask to prompt on launch.")
        # awx/main/models/unified_jobs.py, UnifiedJobTemplate.save: the organization is that of the project.
        return {**row, "organization": project["organization"]}

    def _check_schedules(self, row: Row) -> Row:
        """SchedulePreviewSerializer.validate_rrule, and LaunchConfigurationBaseSerializer.validate for its answers"""
        rule = row["rrule"]
        if not re.search(r"DTSTART(;[^:]+)?:\d+T\d+Z?", rule) or re.search(r"DTSTART:\d+T\d+ ", rule):
            raise Refused("rrule: Valid DTSTART required in rrule.")
        for each in re.findall(r"RULE:\S*", rule):
            if "INTERVAL" not in each or "SECONDLY" in each:
                raise Refused("rrule: INTERVAL required in rrule, and SECONDLY is not supported.")
            # awx/main/models/schedules.py, Schedule.rrulestr, which reads it with dateutil
            if not re.fullmatch(
                r"RULE:FREQ=(MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY);INTERVAL=\d+(;[A-Z=,\d]+)?", each
            ):
                raise Refused(f"rrule: rrule parsing failed validation: {each}")
        template = self.by_id("unified_job_templates", row["unified_job_template"])
        answered(self.surveys.get(template["id"], {"spec": []}), row.get("extra_data", {}))
        return row

    def _check_workflow_job_template_nodes(self, row: Row) -> Row:
        """WorkflowJobTemplateNodeSerializer, which lets answers to required questions be missing, as the workflow may have them"""
        template = self.by_id("unified_job_templates", row["unified_job_template"])
        survey = self.surveys.get(template["id"], {"spec": []})
        optional = {**survey, "spec": [{**question, "required": False} for question in survey["spec"]]}
        answered(optional, row.get("extra_data", {}))
        return {"extra_data": {}, **row}


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
        wanted = request.query_params.items()
        return page([row for row in awx.find(table) if all(str(row.get(field)) == value for field, value in wanted)])

    @app.post("/api/v2/{table}/")
    async def create(table: str, request: Request) -> Response:
        return JSONResponse(awx.add(table, await request.json()), 201)

    @app.get("/api/v2/{table}/{number}/")
    async def show(table: str, number: int) -> Row:
        return awx.by_id(table, number)

    @app.patch("/api/v2/{table}/{number}/")
    async def change(table: str, number: int, request: Request) -> Row:
        return awx.change(table, awx.by_id(table, number), await request.json())

    @app.get("/api/v2/{table}/{number}/survey_spec/")
    async def survey(table: str, number: int) -> Row:
        return awx.surveys.get(number, {})

    @app.post("/api/v2/{table}/{number}/survey_spec/")
    async def ask(table: str, number: int, request: Request) -> Response:
        spec = await request.json()
        check_survey(spec)
        awx.surveys[number] = spec
        return Response()

    @app.post("/api/v2/projects/{number}/update/")
    async def update(number: int) -> Response:
        return JSONResponse(awx.sync(awx.by_id("projects", number)), 202)

    @app.get("/api/v2/{table}/{number}/{related}/")
    async def associated(table: str, number: int, related: str) -> Row:
        return page([{"id": each} for each in awx.associations.get((table, number, related), [])])

    @app.post("/api/v2/{table}/{number}/{related}/")
    async def associate(table: str, number: int, related: str, request: Request) -> Response:
        change = await request.json()
        found = awx.associations.setdefault((table, number, related), [])
        if change.get("disassociate"):
            found.remove(change["id"])
        else:
            found.append(change["id"])
        return Response(status_code=204)

    return app


@contextlib.contextmanager
def running_awx(project: Path) -> t.Iterator[tuple[Awx, str]]:
    """Run an AWX on a free port and yield it with its address; stop it afterwards."""
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
