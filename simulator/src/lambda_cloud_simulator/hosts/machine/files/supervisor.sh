#!/bin/sh
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs one machine. It is started in mount and network namespaces of its own, so whatever it mounts and every
# interface it makes vanishes with it and the machine, also after SIGKILL.
#
# supervisor.sh SIMULATOR_PID MACHINE LOWER FOLDER BRIDGE ADDRESS/LENGTH MAC GATEWAY CGROUPS [NSPAWN OPTION...]
#   MACHINE: name of the machine and of its port on the bridge
#   FOLDER:  holds `upper`, what differs from the root file system LOWER; `boots` counts there how often it booted
#   CGROUPS: folders of the machine's cgroup, separated by colons
# Exits when the machine is powered off. SIGTERM powers it off.

set -eu
simulator=$1 machine=$2 lower=$3 folder=$4 bridge=$5 address=$6 mac=$7 gateway=$8 cgroups=$9
shift 9

for cgroup in $(echo "$cgroups" | tr : ' '); do
    echo $$ > "$cgroup/cgroup.procs"
done

# systemd-nspawn leaves empty folders here.
mkdir -p /run/systemd/nspawn
mount -t tmpfs -o mode=755 lambda-simulator /run/systemd/nspawn

# A volatile overlay does not sync; it asks for a fresh work folder at each mount.
rm -rf "$folder/work"
mkdir -p "$folder/work" "$folder/root"
mount -t overlay -o "volatile,lowerdir=$lower,upperdir=$folder/upper,workdir=$folder/work" overlay "$folder/root"

ip link set lo up
ip link add host0 address "$mac" type veth peer name "$machine" netns "$simulator"
nsenter --target "$simulator" --net ip link set "$machine" master "$bridge" up
ip address add "$address" dev host0
ip link set host0 up
ip route add default via "$gateway"

pid=
stopping=
trap 'stopping=1; [ -z "$pid" ] || kill -TERM "$pid"' TERM

boots=0
[ ! -e "$folder/boots" ] || read -r boots < "$folder/boots"
while [ -z "$stopping" ]; do
    boots=$((boots + 1))
    echo "$boots" > "$folder/boots"
    systemd-nspawn --quiet --settings=no --boot --directory="$folder/root" --machine="$machine" \
        --register=no --keep-unit --notify-ready=no --network-namespace-path=/proc/self/ns/net \
        --capability=CAP_NET_ADMIN --resolv-conf=off --timezone=off --link-journal=no --console=pipe \
        "$@" < /dev/null &
    pid=$!
    # A signal ends `wait` early.
    while code=0; wait "$pid" || code=$?; kill -0 "$pid" 2> /dev/null; do :; done
    # 133 asks for another boot.
    [ "$code" -eq 133 ] || exit "$code"
done
