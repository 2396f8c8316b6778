# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Submit a job to the Ray cluster of this host, unless it was, print what it prints, and end as it ends. Runs in Ray's own environment.

What is to be run is read from standard input, as JSON: nothing of it is in the list of processes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import time
import typing as t

from ray.job_submission import JobStatus, JobSubmissionClient

# Colours, which Ray writes into logs as well
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# Seconds between two looks at a job whose log cannot be followed
_INTERVAL = 1.0
# How often in a row the dashboard may not answer
_FAILURES = 60


def main() -> int:
    # It tells of each connection that it has closed.
    logging.getLogger("ray.dashboard.modules.job.sdk").setLevel(logging.WARNING)
    job = json.load(sys.stdin)
    client = JobSubmissionClient(job["address"])
    for other in job["stop"]:
        stop(client, other)
    known = {each.submission_id for each in client.list_jobs()}
    if job["id"] not in known:
        client.submit_job(
            entrypoint=job["entrypoint"],
            submission_id=job["id"],
            runtime_env={"env_vars": {name: str(value) for name, value in job["environment"].items()}},
        )
    info = asyncio.run(follow(client, job["id"]))
    if info.status == JobStatus.SUCCEEDED:
        return 0
    # Further lines are those that it printed last, once more.
    reason = str(info.message or "no reason was given").splitlines()[0].partition(", last available logs")[0]
    print(f"The job {job['id']} {info.status.value.lower()}: {reason}", flush=True)
    code = info.driver_exit_code
    return code if code is not None and 0 < code < 256 else 1


def stop(client: JobSubmissionClient, submission: str) -> None:
    """Stop a job, and wait until it has ended."""
    client.stop_job(submission)
    while not client.get_job_status(submission).is_terminal():
        time.sleep(_INTERVAL)


async def follow(client: JobSubmissionClient, submission: str) -> t.Any:
    """Print what a job prints until it has ended, and return what is known of it then. A log that breaks off is read on."""
    printed, failures = 0, 0
    while True:
        seen = 0
        try:
            async for piece in client.tail_job_logs(submission):
                seen += len(piece)
                new = piece[len(piece) - (seen - printed) :] if seen > printed else ""
                printed = max(printed, seen)
                sys.stdout.write(_COLOURS.sub("", new))
                sys.stdout.flush()
            # A log ends when its job has ended, or the connection does.
            info = client.get_job_info(submission)
            if info.status.is_terminal():
                return info
            failures = 0
        except (RuntimeError, OSError) as error:
            failures += 1
            if failures > _FAILURES:
                raise RuntimeError(f"The head of the cluster no longer answers: {error}") from error
        await asyncio.sleep(_INTERVAL)


if __name__ == "__main__":
    sys.exit(main())
