#!/usr/bin/env bash
# A Redis server for tests: .ci/redis.sh COMMAND... starts one on loopback, on a free port and with a password of its own,
# runs the command with REDIS_URL and PAGESHIFT_REDIS_PASSWORD, and ends the server by its process id. Where redis-server is
# missing, Debian's is installed (as root, or with sudo).
#
#   .ci/redis.sh start   prints FOLDER; `.ci/redis.sh stop FOLDER` ends it, `restart FOLDER` starts it again on its data.
# Its folder has: port, password, pid, the append-only file.
set -euo pipefail

need() {
  command -v redis-server >/dev/null && return
  local as=''
  [ "$(id -u)" = 0 ] || as=sudo
  $as apt-get update -qq >&2
  # The package would start a server of its own.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive $as apt-get install -y -qq --no-install-recommends redis-server >&2
}

# up FOLDER: starts the server of a folder and waits until it answers.
up() {
  local folder=$1
  (
    umask 077
    cat >"$folder/redis.conf" <<CONF
bind 127.0.0.1
port $(cat "$folder/port")
requirepass $(cat "$folder/password")
dir $folder
appendonly yes
appendfsync everysec
save ""
daemonize no
maxmemory-policy noeviction
CONF
  )
  redis-server "$folder/redis.conf" >>"$folder/log" 2>&1 &
  echo $! >"$folder/pid"
  for _ in $(seq 200); do
    if REDISCLI_AUTH=$(cat "$folder/password") redis-cli -p "$(cat "$folder/port")" ping 2>/dev/null | grep -q PONG; then
      return 0
    fi
    kill -0 "$(cat "$folder/pid")" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

start() {
  local folder
  folder=$(mktemp -d)
  (umask 077 && head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$folder/password")
  # Another process may have taken the port: then another one is tried.
  for _ in 1 2 3 4 5; do
    echo $((20000 + RANDOM % 20000)) >"$folder/port"
    if up "$folder"; then
      echo "$folder"
      return 0
    fi
  done
  cat "$folder/log" >&2
  return 1
}

# down FOLDER: ends the server of a folder and waits until it has ended.
down() {
  local pid
  pid=$(cat "$1/pid")
  kill "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

need
case ${1:-} in
  start) start ;;
  stop)
    down "$2"
    rm -rf "$2"
    ;;
  restart)
    down "$2"
    up "$2"
    ;;
  '') exit 2 ;;
  *)
    folder=$(start)
    trap 'down "$folder"; rm -rf "$folder"' EXIT
    export REDIS_FOLDER=$folder REDIS_URL=redis://127.0.0.1:$(cat "$folder/port")
    PAGESHIFT_REDIS_PASSWORD=$(cat "$folder/password")
    export PAGESHIFT_REDIS_PASSWORD
    "$@"
    ;;
esac
