#!/bin/sh
# Makes the image shop-base out of Debian packages. The root file system is cached; delete the cache file to make it anew.
#
#   make-base.sh [TSCOMPOSE ...]     the command that drives the engine, "tscompose" by default
set -eu
cd "$(dirname "$0")"
[ $# -gt 0 ] || set -- tscompose
cache=${SHOP_BASE_CACHE:-/var/cache/tscompose/shop-base.tar}

if [ ! -s "$cache" ]; then
  command -v mmdebstrap >/dev/null || { apt-get update -q && apt-get install -y -q --no-install-recommends mmdebstrap; }
  mkdir -p "$(dirname "$cache")"
  # No manuals; no LLVM (PostgreSQL works without its JIT compiler): a third of the size.
  mmdebstrap --quiet --format=tar --mode=root --variant=minbase \
    --include=nginx-light,nodejs,node-pg,node-redis,postgresql-15,redis-server,curl \
    --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/lib/*/libLLVM*' \
    --dpkgopt='path-exclude=/usr/lib/postgresql/*/lib/bitcode/*' \
    --dpkgopt='path-exclude=/usr/lib/postgresql/*/lib/llvmjit*' \
    --customize-hook='mkdir -p "$1/data" && chroot "$1" chown redis:redis /data' \
    bookworm "$cache.part"
  mv "$cache.part" "$cache"
fi

ln -f "$cache" base.tar 2>/dev/null || cp "$cache" base.tar
trap 'rm -f base.tar' EXIT
"$@" -f compose.yaml build
