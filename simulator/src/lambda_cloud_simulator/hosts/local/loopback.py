# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loopback addresses that belong to this process alone."""

from __future__ import annotations

import errno
import ipaddress
import random
import socket

from .. import HostError

_ATTEMPTS = 200


class LoopbackAddresses:
    """Addresses of 127.0.0.0/8, from blocks of 253 that no other simulator on this system uses with the same port.

    The first address of a block, where a socket listens as long as the block is ours, shows that to others.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._claims: list[socket.socket] = []
        self._free: list[str] = []

    def take(self) -> str:
        """Return an address that nobody uses.

        Raises:
            HostError: there is none, or the port may not be used.
        """
        if not self._free:
            self.claim()
        return self._free.pop(0)

    def give_back(self, address: str) -> None:
        """Make an address available again, to be used as late as possible."""
        self._free.append(address)

    def close(self) -> None:
        """Give up all blocks."""
        for claim in self._claims:
            claim.close()
        self._claims.clear()
        self._free.clear()

    def claim(self) -> None:
        """Make a block ours.

        Raises:
            HostError: there is none, or the port may not be used.
        """
        # Seeds of the simulator play no part: two simulators with one seed must differ here.
        chance = random.SystemRandom()
        for _ in range(_ATTEMPTS):
            block = ipaddress.ip_network(f"127.{chance.randint(16, 254)}.{chance.randint(0, 255)}.0/24")
            claim = socket.socket()
            try:
                claim.bind((str(block[1]), self._port))
                claim.listen(1)
            except OSError as error:
                claim.close()
                if error.errno == errno.EADDRINUSE:
                    continue
                raise HostError(
                    f"SSH servers cannot listen at {block[1]} port {self._port}: {error.strerror}."
                ) from error
            self._claims.append(claim)
            self._free.extend(str(block[number]) for number in range(2, 255))
            return
        raise HostError(
            f"Port {self._port} is in use on every loopback address that was tried; name another --ssh-port."
        )
