#!/bin/sh
# What dpkg calls purge takes the state away as well. The user goes unless somebody's
# own files are still in /etc/netwicket: another one would get its number, and with it
# what its group may read. rpm knows no purge, and leaves the user as is usual there.
set -e
[ ! -d /run/systemd/system ] || systemctl daemon-reload
[ "$1" = purge ] || exit 0
rm -rf /var/lib/netwicket
[ ! -d /etc/netwicket ] || rmdir --ignore-fail-on-non-empty /etc/netwicket
if [ ! -e /etc/netwicket ]; then
	! getent passwd netwicket >/dev/null || userdel netwicket
	! getent group netwicket >/dev/null || groupdel netwicket
fi
