#!/bin/sh
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Finishes the root file system that all machines share.
#
# customize.sh ROOT CLOUD_INIT_SETTINGS CERTIFICATES
#   CERTIFICATES: folder of this system's own certificate authorities; need not exist

set -eu
umask 022
root=$1 settings=$2 certificates=$3

chroot "$root" useradd --create-home --shell /bin/bash --groups adm,sudo --uid 1000 ubuntu
echo 'ubuntu ALL=(ALL) NOPASSWD:ALL' > "$root/etc/sudoers.d/90-ubuntu"
chmod 0440 "$root/etc/sudoers.d/90-ubuntu"
echo 'LANG=C.UTF-8' > "$root/etc/default/locale"

if [ -d "$certificates" ]; then
    cp -r "$certificates/." "$root/usr/local/share/ca-certificates/"
    chroot "$root" update-ca-certificates > /dev/null
fi

# Each machine gets its own host key and machine id.
rm -f "$root"/etc/ssh/ssh_host_*
echo 'HostKey /etc/ssh/ssh_host_ed25519_key' > "$root/etc/ssh/sshd_config.d/host-key.conf"
: > "$root/etc/machine-id"

# Before that unit users may not log in, so nobody should see an answer on port 22.
mkdir -p "$root/etc/systemd/system/ssh.service.d"
printf '[Unit]\nAfter=systemd-user-sessions.service\n' > "$root/etc/systemd/system/ssh.service.d/logins.conf"

# Not for a machine without a disk or a console; the timers would hold apt's lock and two dozen machines' time.
for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
    getty.target console-getty.service systemd-pstore.service cloud-init-hotplugd.socket; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

cp "$settings" "$root/etc/cloud/cloud.cfg.d/99-lambda-simulator.cfg"
