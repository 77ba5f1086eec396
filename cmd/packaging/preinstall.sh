#!/bin/sh
# The user that the service runs as. It comes before the files, since some are its own.
set -e
getent group netwicket >/dev/null || groupadd --system netwicket
getent passwd netwicket >/dev/null || useradd --system --gid netwicket --no-create-home \
	--home-dir /var/lib/netwicket --shell /usr/sbin/nologin --comment "netwicket forward-auth service" netwicket
