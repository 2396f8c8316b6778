#!/usr/bin/env bash
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a careful person writes with curl: list once, launch what is missing with pauses and retries, poll until all are active.
# Arguments: the names. Environment: LAMBDA_API_URL, LAMBDA_API_KEY.
set -eu

api() { curl -sS --fail --retry 3 --retry-all-errors --retry-delay 2 -u "$LAMBDA_API_KEY:" -H 'Content-Type: application/json' "$@"; }

names() {
  api "$LAMBDA_API_URL/instances" | python3 -c '
import json, sys
print(*(row["name"] for row in json.load(sys.stdin)["data"] if row["status"] in sys.argv[1:]), sep="\n")' "$@"
}

there=$(names active booting)
first=yes
for name in "$@"; do
  if ! printf '%s\n' "$there" | grep -qx "$name"; then
    [ "$first" = yes ] || sleep 12
    first=no
    api "$LAMBDA_API_URL/instance-operations/launch" -d "{\"region_name\": \"us-east-1\", \"instance_type_name\": \"gpu_1x_a10\",
      \"ssh_key_names\": [\"laptop\"], \"name\": \"$name\"}" >/dev/null
  fi
done
for _each in $(seq 60); do
  sleep 1
  active=$(names active)
  missing=no
  for name in "$@"; do
    printf '%s\n' "$active" | grep -qx "$name" || missing=yes
  done
  [ "$missing" = yes ] || exit 0
  sleep 9
done
exit 1
