#!/bin/sh
# dpkg says remove, rpm how many versions stay; an upgrade stops nothing.
set -e
case "$1" in
remove | 0) ;;
*) exit 0 ;;
esac
command -v systemctl >/dev/null || exit 0
[ ! -d /run/systemd/system ] || systemctl stop netwicket.service
systemctl --no-reload disable netwicket.service
