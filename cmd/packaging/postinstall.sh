#!/bin/sh
# The service is neither enabled nor started: the policy that comes along denies
# everybody. One that runs, before an upgrade, goes on with the new program.
set -e
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
systemctl try-restart netwicket.service || echo "netwicket: the service does not start again; see journalctl -u netwicket" >&2
