# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory plugins of other clouds, each against a static inventory of its own hosts, groups and variables, run in pairs.

    .venv/bin/python tests/benchmarks/others.py --collections FOLDER --libraries FOLDER [--instances 1000 10000] [--pairs 5]
        [--plugins hetzner vultr aws]

The first folder is that of the collections in PyPI's package ansible: the one that its folder ansible_collections is in. The second has
boto3 and python-dateutil, as `pip install --target` installs them. Each plugin lists
a small server here, as its cloud's API describes, and has three keyed groups, a composed variable and a condition whose values differ
for every host, as inventory.py has for this collection.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import json
import tempfile
import threading
import typing as t
import urllib.parse
from pathlib import Path

from inventory import HEADER, compare, run, static
from support.runner import module_environment

Row = dict[str, t.Any]


def hetzner_server(number: int) -> Row:
    """Return a server as `GET /servers` of Hetzner Cloud does (docs.hetzner.cloud)."""
    location = {"id": 1, "name": "fsn1", "description": "Falkenstein", "network_zone": "eu-central"}
    return {
        "id": number + 1,
        "name": f"m-{number:05}",
        "status": "running",
        "created": "2026-01-01T00:00:00+00:00",
        "public_net": {
            "ipv4": {"id": number + 1, "ip": address(number), "blocked": False, "dns_ptr": "x.example"},
            "ipv6": {"id": number + 1, "ip": f"2001:db8:{number:x}::/64", "blocked": False, "dns_ptr": []},
            "floating_ips": [],
            "firewalls": [],
        },
        "private_net": [],
        "server_type": {"id": 1, "name": "cx22", "architecture": "x86", "cores": 2, "memory": 4, "disk": 40},
        "location": location,
        "datacenter": {"id": 1, "name": "fsn1-dc14", "description": "Falkenstein DC14", "location": location},
        "image": {"id": 1, "type": "system", "name": "debian-12", "os_flavor": "debian", "description": "Debian 12"},
        "labels": {"role": f"r{number:05}"},
        "protection": {"delete": False, "rebuild": False},
        "volumes": [],
        "load_balancers": [],
    }


def vultr_instance(number: int) -> Row:
    """Return an instance as `GET /instances` of Vultr's API does (vultr.com/api)."""
    return {
        "id": f"cb676a46-66fd-4dfb-b839-{number:012}",
        "os": "Debian 12 x64 (bookworm)",
        "ram": 2048,
        "disk": 50,
        "main_ip": address(number),
        "vcpu_count": 1,
        "region": "fra",
        "plan": "vc2-1c-2gb",
        "date_created": "2026-01-01T00:00:00+00:00",
        "status": "active",
        "power_status": "running",
        "server_status": "ok",
        "v6_network": f"2001:db8:{number:x}::",
        "v6_main_ip": f"2001:db8:{number:x}::1",
        "v6_network_size": 64,
        "label": f"m-{number:05}",
        "internal_ip": "",
        "hostname": f"m-{number:05}",
        "tags": [f"r{number:05}"],
        "os_id": 2136,
        "features": ["ipv6"],
        "user_scheme": "root",
    }


def ec2_instance(number: int) -> Row:
    """Return an instance as `DescribeInstances` of EC2 does (docs.aws.amazon.com), of which the elements become XML."""
    return {
        "instanceId": f"i-{number:017x}",
        "imageId": "ami-0123456789abcdef0",
        "instanceState": {"code": 16, "name": "running"},
        "privateDnsName": f"ip-10-0-{number // 250}-{number % 250}.ec2.internal",
        "dnsName": "",
        "keyName": "laptop",
        "amiLaunchIndex": 0,
        "instanceType": "t3.micro",
        "launchTime": "2026-01-01T00:00:00.000Z",
        "placement": {"availabilityZone": "us-east-1a", "tenancy": "default"},
        "monitoring": {"state": "disabled"},
        "subnetId": "subnet-0123456789abcdef0",
        "vpcId": "vpc-0123456789abcdef0",
        "privateIpAddress": f"10.0.{number // 250}.{number % 250 + 1}",
        "ipAddress": address(number),
        "architecture": "x86_64",
        "rootDeviceType": "ebs",
        "rootDeviceName": "/dev/xvda",
        "virtualizationType": "hvm",
        "hypervisor": "xen",
        "ebsOptimized": "false",
        "tagSet": [{"key": "Name", "value": f"m-{number:05}"}, {"key": "role", "value": f"r{number:05}"}],
        "groupSet": [{"groupId": "sg-0123456789abcdef0", "groupName": "default"}],
    }


def address(number: int) -> str:
    return f"198.18.{number // 250}.{number % 250 + 1}"


class Cloud(t.NamedTuple):
    """A cloud's plugin and what answers it.

    Args:
        instance: makes an instance of a number.
        answer: gives the answer to a path and a query, or a form that is sent, of all instances: JSON, or text that is XML.
        config: the configuration of the plugin, for the address of the server.
    """

    instance: t.Callable[[int], Row]
    answer: t.Callable[[str, dict[str, str], list[Row]], Row | str]
    config: t.Callable[[str], Row]


def hetzner_answer(path: str, query: dict[str, str], rows: list[Row]) -> Row:
    if path != "/servers":
        # The plugin asks for the locations to see whether the token is valid.
        rows = [{"id": 1, "name": "fsn1"}]
    page, size = int(query.get("page", 1)), min(int(query.get("per_page", 25)), 50)
    last = max(1, -(-len(rows) // size))
    pagination = {
        "page": page,
        "per_page": size,
        "previous_page": page - 1 or None,
        "next_page": page + 1 if page < last else None,
        "last_page": last,
        "total_entries": len(rows),
    }
    return {path.strip("/"): rows[(page - 1) * size : page * size], "meta": {"pagination": pagination}}


def vultr_answer(_path: str, query: dict[str, str], rows: list[Row]) -> Row:
    begin, size = int(query.get("cursor", 0)), min(int(query.get("per_page", 100)), 500)
    following = str(begin + size) if begin + size < len(rows) else ""
    links = {"next": following, "prev": ""}
    return {"instances": rows[begin : begin + size], "meta": {"total": len(rows), "links": links}}


def xml(name: str, value: t.Any) -> str:
    """Return a value as an element, of which a list has an element `item` for each of its own."""
    if isinstance(value, list):
        inner = "".join(xml("item", each) for each in value)
    elif isinstance(value, dict):
        inner = "".join(xml(key, each) for key, each in value.items())
    else:
        inner = str(value)
    return f"<{name}>{inner}</{name}>"


def ec2_answer(_path: str, form: dict[str, str], rows: list[Row]) -> str:
    begin, size = int(form.get("NextToken", 0)), 1000
    reservations = [
        {"reservationId": f"r-{begin + number:017x}", "ownerId": "123456789012", "groupSet": [], "instancesSet": [row]}
        for number, row in enumerate(rows[begin : begin + size])
    ]
    more = {"nextToken": begin + size} if begin + size < len(rows) else {}
    inner = xml("requestId", "1") + xml("reservationSet", reservations) + "".join(xml(*each) for each in more.items())
    return f'<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">{inner}</DescribeInstancesResponse>'


CLOUDS = {
    "hetzner": Cloud(
        hetzner_server,
        hetzner_answer,
        lambda url: {
            "plugin": "hetzner.hcloud.hcloud",
            "api_token": "t" * 64,
            "api_endpoint": url,
            "compose": {"short": "name | regex_replace('^m-', '')"},
            "groups": {"even": "name.endswith(('0', '2', '4', '6', '8'))"},
            "keyed_groups": [
                {"key": "id | string", "prefix": "id"},
                {"key": "labels", "prefix": "tag"},
                {"key": "ipv4 | replace('.', '_')", "prefix": "ip"},
            ],
        },
    ),
    "vultr": Cloud(
        vultr_instance,
        vultr_answer,
        lambda url: {
            "plugin": "vultr.cloud.vultr",
            "api_key": "k",
            "api_endpoint": url,
            "attributes": list(vultr_instance(0)),
            "compose": {"short": "vultr_label | regex_replace('^m-', '')"},
            "groups": {"even": "vultr_label.endswith(('0', '2', '4', '6', '8'))"},
            "keyed_groups": [
                {"key": "vultr_id", "prefix": "id"},
                {"key": "vultr_tags", "prefix": "tag"},
                {"key": "vultr_main_ip | replace('.', '_')", "prefix": "ip"},
            ],
        },
    ),
    "aws": Cloud(
        ec2_instance,
        ec2_answer,
        lambda url: {
            "plugin": "amazon.aws.aws_ec2",
            "access_key": "k",
            "secret_key": "s",
            "endpoint_url": url,
            "regions": ["us-east-1"],
            "hostnames": ["tag:Name"],
            "compose": {"short": "tags.Name | regex_replace('^m-', '')"},
            "groups": {"even": "tags.Name.endswith(('0', '2', '4', '6', '8'))"},
            "keyed_groups": [
                {"key": "instance_id", "prefix": "id"},
                {"key": "tags.role", "prefix": "tag"},
                {"key": "public_ip_address | replace('.', '_')", "prefix": "ip"},
            ],
        },
    ),
}


# Plugins that tell by its name whether a file is for them
ENDINGS = {"hetzner": "hcloud.yml", "aws": "aws_ec2.yml"}


@contextlib.contextmanager
def serving(cloud: Cloud, count: int) -> t.Iterator[str]:
    """Serve so many instances, and yield the address."""
    rows = [cloud.instance(number) for number in range(count)]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urllib.parse.urlsplit(self.path)
            self.reply(url.path, url.query)

        def do_POST(self) -> None:
            self.reply(self.path, self.rfile.read(int(self.headers["Content-Length"])).decode())

        def reply(self, path: str, query: str) -> None:
            answer = cloud.answer(path, dict(urllib.parse.parse_qsl(query)), rows)
            is_xml = isinstance(answer, str)
            body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/xml" if is_xml else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: t.Any) -> None:
            """Say nothing of each request."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--collections", type=Path, required=True)
    parser.add_argument("--libraries", type=Path, required=True)
    parser.add_argument("--instances", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--plugins", nargs="+", choices=list(CLOUDS), default=list(CLOUDS))
    options = parser.parse_args()
    print(f"{'instances':>9}  {'plugin':8}  {HEADER}")
    for count in options.instances:
        for name in options.plugins:
            with tempfile.TemporaryDirectory() as folder, serving(CLOUDS[name], count) as url:
                print(f"{count:>9}  {name:8}  {measure(Path(folder), name, url, options)}", flush=True)


def measure(folder: Path, name: str, url: str, options: argparse.Namespace) -> str:
    environment = {
        **module_environment(folder),
        "ANSIBLE_COLLECTIONS_PATH": str(options.collections),
        "PYTHONPATH": str(options.libraries),
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
    }
    dynamic, fixed, listed = folder / f"{name}.yml", folder / "static.json", folder / "listed"
    if name in ENDINGS:
        dynamic = folder / ENDINGS[name]
    dynamic.write_text(json.dumps(CLOUDS[name].config(url)))
    run(["ansible-inventory", "-i", str(dynamic), "--list"], environment, listed)
    fixed.write_text(json.dumps(static(json.loads(listed.read_text()))))
    commands = [["ansible-inventory", "-i", str(path), "--list"] for path in (dynamic, fixed)]
    return compare(commands, environment, folder, options.pairs)


if __name__ == "__main__":
    main()
