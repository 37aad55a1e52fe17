#!/usr/bin/env bash
# Installs the peers of the benchmarks: DuckDB's library (npm, version and checksum pinned in peers/package-lock.json, into
# peers/node_modules, which git ignores). SQLite is the system's own library; where it is missing, this says how to get it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/peers"

command -v npm >/dev/null || { echo "npm is missing: install Node.js (Debian and Ubuntu: apt-get install npm)" >&2; exit 1; }
npm ci --no-audit --no-fund --loglevel=error
library=node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so
[ -f "$library" ] || { echo "$library is missing after the installation; only Linux on x64 with glibc is supported" >&2; exit 1; }
echo "DuckDB: $PWD/$library"

if ldconfig -p 2>/dev/null | grep -q 'libsqlite3\.so'; then
  echo "SQLite: $(ldconfig -p | grep -m 1 'libsqlite3\.so' | sed 's/.*=> //')"
else
  echo "SQLite: missing; on Debian and Ubuntu: apt-get install libsqlite3-0" >&2
fi
