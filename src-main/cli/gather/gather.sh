#!/bin/sh
# pageshift gather: what a Linux host and its virtual machines look like, in one text file that Pageshift opens as one host.
#
#   sh gather.sh                 writes pageshift-HOST.txt here, readable by you alone
#   sh gather.sh -o FILE         writes FILE; - is the terminal, or what it is piped into
#   sh gather.sh --anonymize     replaces names of VMs and of the host, UUIDs, MAC and IP addresses, and leaves out disks, network,
#                                descriptions, and the kernel's messages after the boot of memory
#
# It reads, and changes nothing: no file but the one above is written, and nothing is asked of a guest or of its monitor (the only
# virsh commands are those that you see below, over a connection that may only read). It needs no root; without it, where
# the memory of a guest lies (numa_maps) and the boot log may be missing, which the file then says. It ends within 30 seconds.

out= anonymize= uri=${LIBVIRT_DEFAULT_URI:-qemu:///system}
while [ $# -gt 0 ]; do
  case $1 in
    -o) [ $# -gt 1 ] || { echo "gather: -o needs a file" >&2; exit 2; }; out=$2; shift ;;
    --anonymize) anonymize=yes ;;
    -h | --help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "gather: unknown argument: $1 (try --help)" >&2; exit 2 ;;
  esac
  shift
done

LC_ALL=C LANG=C; export LC_ALL LANG
umask 077
start=$(date +%s)
host=$(uname -n)

have() { command -v "$1" >/dev/null 2>&1; }
late() { [ $(($(date +%s) - start)) -ge 22 ]; }
# At most 4 seconds for each command, so that a daemon that hangs does not hold it up.
limited() { if have timeout; then timeout 4 "$@"; else "$@"; fi </dev/null 2>&1; }
# run TITLE COMMAND...: the title as a prompt would show it, then what the command prints, or why it failed.
run() {
  title=$1; shift
  if late; then echo "# skipped: $title: out of time"; return 1; fi
  if text=$(limited "$@"); then printf '\n$ %s\n%s\n' "$title" "$text"; return 0; fi
  printf '\n# failed: %s: %s\n' "$title" "$(printf %s "$text" | head -n 1 | cut -c 1-200)"
  return 1
}
tool() { if have "$1"; then run "$*" "$@"; else printf '\n# failed: %s: not installed\n' "$*"; fi; }
files() { if [ -r "$1" ]; then run "cat $1" cat "$1"; else printf '\n# failed: cat %s: not readable\n' "$1"; fi; }
# Attributes with their paths before them.
attributes() {
  for file in "$@"; do [ -f "$file" ] && [ -r "$file" ] && printf '%s\n' "$file"; done |
    while IFS= read -r file; do sed "s|^|$file:|" "$file" 2>/dev/null; done
}

of_kernel() {
  printf '\n$ grep -r . /sys\n'
  node=/sys/devices/system/node
  attributes $node/online $node/possible $node/has_cpu $node/has_memory
  attributes $node/node*/cpulist $node/node*/distance $node/node*/meminfo $node/node*/numastat
  attributes $node/node*/hugepages/hugepages-*/nr_hugepages $node/node*/hugepages/hugepages-*/free_hugepages \
    $node/node*/hugepages/hugepages-*/surplus_hugepages
  attributes $node/node*/access[01]/initiators/read_latency $node/node*/access[01]/initiators/write_latency \
    $node/node*/access[01]/initiators/read_bandwidth $node/node*/access[01]/initiators/write_bandwidth
  cpu=/sys/devices/system/cpu
  attributes $cpu/online $cpu/isolated $cpu/nohz_full
  late || attributes $cpu/cpu[0-9]*/topology/physical_package_id $cpu/cpu[0-9]*/topology/core_id \
    $cpu/cpu[0-9]*/topology/thread_siblings_list
  mm=/sys/kernel/mm
  attributes $mm/ksm/run $mm/ksm/merge_across_nodes $mm/ksm/pages_shared $mm/ksm/pages_sharing $mm/transparent_hugepage/enabled
  attributes /proc/sys/kernel/numa_balancing
  late || attributes /sys/bus/pci/devices/*/numa_node
  files /proc/meminfo
  files /proc/zoneinfo
  files /proc/buddyinfo
  files /proc/pagetypeinfo
  files /proc/cmdline
  # The boot log up to what is free, and no further: what follows says nothing of memory.
  if log=$(limited dmesg) && [ -n "$log" ]; then
    printf '\n$ dmesg\n'; printf '%s\n' "$log" | sed '/Memory: .*available/q'
  else printf '\n# failed: dmesg: not permitted\n'; fi
}

of_tools() {
  tool numactl --hardware
  tool numactl --show
  tool numastat
  tool numastat -m
  have lscpu && run "lscpu" lscpu
}

# A connection that may only read, and commands that do.
virsh_() { limited virsh -r -c "$uri" "$@"; }
# Several commands by one virsh, each with its prompt before it: virsh starts slowly.
titled() {
  for command in "$@"; do printf "echo; echo '$ virsh %s'; %s; " "$command" "$command"; done
}
of_libvirt() {
  if ! have virsh; then printf '\n# failed: virsh: not installed\n'; return; fi
  if ! reason=$(virsh_ uri); then
    printf '\n# failed: virsh -r -c %s: %s\n' "$uri" "$(printf %s "$reason" | head -n 1 | cut -c 1-200)"
    return
  fi
  virsh_ "$(titled capabilities nodeinfo 'freecell --all' 'freepages --all' nodememstats 'list --all' 'domstats --nowait')"
  virsh_ list --all --name | while IFS= read -r name; do
    [ -n "$name" ] || continue
    if late; then echo "# skipped: virsh dumpxml: out of time"; break; fi
    quoted=$(printf %s "$name" | sed "s/'/'\\\\''/g")
    commands=
    for command in dumpxml vcpuinfo vcpupin emulatorpin numatune; do
      commands="$commands echo; echo '\$ virsh $command' \"'$quoted'\"; $command --domain '$quoted';"
    done
    virsh_ "$commands"
  done
}

# PIDs of processes that are QEMU.
qemu_pids() {
  for process in /proc/[0-9]*; do
    read -r name 2>/dev/null <"$process/comm" || continue
    case $name in qemu-system* | qemu-kvm* | kvm) echo "${process#/proc/}" ;; esac
  done
}
of_qemu() {
  for pid in $(qemu_pids); do
    [ -r "/proc/$pid/cmdline" ] || continue
    printf '\n$ cat /proc/%s/cmdline\n' "$pid"
    # Each argument in quotes, in place of the NUL behind it.
    tr '\0' '\n' <"/proc/$pid/cmdline" | sed "s/'/'\\\\''/g; s/^/'/; s/\$/'/" | tr '\n' ' '
    echo
    files "/proc/$pid/numa_maps"
  done
  # By PID: a pattern would find the command itself.
  # shellcheck disable=SC2046
  [ -z "$(qemu_pids)" ] || tool numastat -p $(qemu_pids)
}

everything() {
  printf '# pageshift gather 1\n# host: %s\n# kernel: %s\n# user: %s\n' "$host" "$(uname -r)" "$(id -u)"
  [ -z "$anonymize" ] || echo '# anonymized'
  of_libvirt
  of_tools
  of_qemu
  of_kernel
  printf '\n# end: %s seconds\n' $(($(date +%s) - start))
}

# One name a line: the host's, and those of VMs, running or not.
names() {
  printf '%s\n' "$host" "${host%%.*}"
  limited hostname -f 2>/dev/null
  ! have virsh || virsh_ list --all --name
  for pid in $(qemu_pids); do tr '\0' '\n' <"/proc/$pid/cmdline" | sed -n '/^-name$/{n;s/^guest=//;s/,.*//;p;}'; done
}

# Replaces what is found by what says nothing, the same for the same, and leaves out what is about other things than memory.
replaced() {
  awk -v list="$(names | sort -u)" -v host="$host" '
    function made(kind, text,   key) {
      key = kind SUBSEP text
      if (!(key in known)) known[key] = ++count[kind]
      return known[key]
    }
    # Every occurrence that no letter or digit continues.
    function literal(line, from, to,   done, at, before, behind) {
      done = ""
      while ((at = index(line, from)) > 0) {
        before = at == 1 ? " " : substr(line, at - 1, 1)
        behind = substr(line, at + length(from), 1)
        if (at == 1 && done != "") before = substr(done, length(done), 1)
        if (before ~ /[A-Za-z0-9]/ || behind ~ /[A-Za-z0-9]/) done = done substr(line, 1, at + length(from) - 1)
        else done = done substr(line, 1, at - 1) to
        line = substr(line, at + length(from))
      }
      return done line
    }
    # Every match of a pattern whose neighbours are none of its own characters.
    function pattern(line, regex, own, kind,   done, text, before, behind) {
      done = ""
      while (match(line, regex)) {
        text = substr(line, RSTART, RLENGTH)
        before = RSTART == 1 ? (done == "" ? " " : substr(done, length(done), 1)) : substr(line, RSTART - 1, 1)
        behind = substr(line, RSTART + RLENGTH, 1)
        if (before ~ own || behind ~ own) done = done substr(line, 1, RSTART + RLENGTH - 1)
        else done = done substr(line, 1, RSTART - 1) instead(kind, text)
        line = substr(line, RSTART + RLENGTH)
      }
      return done line
    }
    function instead(kind, text,   n) {
      if (kind == "ip6" && text !~ /::/ && gsub(/:/, ":", text) != 7) return text
      n = made(kind, tolower(text))
      if (kind == "uuid") return sprintf("00000000-0000-4000-8000-%012x", n)
      if (kind == "mac") return sprintf("02:00:00:00:%02x:%02x", int(n / 256), n % 256)
      if (kind == "ip4") return sprintf("192.0.2.%d", n % 255)
      return sprintf("2001:db8::%x", n)
    }
    # As XML writes it, and as a shell does.
    function in_xml(text) {
      gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text)
      gsub(/\047/, "\\&apos;", text); gsub(/"/, "\\&quot;", text)
      return text
    }
    function in_shell(text) { gsub(/\047/, "\047\\\\\047\047", text); return text }
    function also(text, plain) { if (text != plain) { name[++total] = text; plain_of[text] = plain } }
    BEGIN {
      x = "[0-9a-fA-F]"; x2 = x x; x4 = x2 x2
      uuid = x4 x4 "-" x4 "-" x4 "-" x4 "-" x4 x4 x4
      mac = x2 ":" x2 ":" x2 ":" x2 ":" x2 ":" x2
      total = split(list, name, "\n")
      given = total
      for (i = 1; i <= given; i++) if (name[i] != "") { also(in_xml(name[i]), name[i]); also(in_shell(name[i]), name[i]) }
      # The longest first: a name may be part of another.
      for (i = 1; i <= total; i++) for (j = i + 1; j <= total; j++)
        if (length(name[j]) > length(name[i])) { swap = name[i]; name[i] = name[j]; name[j] = swap }
      # Words of the file itself are replaced where a name stands alone.
      words = " host node cell cpu vcpu memory name domain running default localhost qemu kvm bind local all vm "
      for (i = 1; i <= total; i++) if (name[i] != "" && !(name[i] in plain_of) && !(name[i] in to))
        to[name[i]] = index(host, name[i]) == 1 || index(name[i], host) == 1 ? "host-1" : "vm-" ++vms
      for (text in plain_of) to[text] = to[plain_of[text]]
    }
    /^\$ / { section = $0; skip = 0 }
    section ~ /dumpxml/ && /<(metadata|disk|interface|graphics|channel|serial|console|filesystem|sysinfo|qemu:commandline|description|title)[ >]/ {
      element = $0; sub(/^ *</, "", element); sub(/[ >\/].*/, "", element)
      if ($0 !~ "/>[ ]*$" && index($0, "</" element ">") == 0) skip = element
      next
    }
    skip != 0 && skip != "" { if (index($0, "</" skip ">")) skip = 0; next }
    section ~ /cat \/proc\/[0-9]+\/cmdline/ && /^\047/ {
      # Of a command line what is about memory and CPUs.
      n = split($0, word, "\047 \047"); kept = word[1] "\047"
      for (i = 2; i <= n; i++) if (word[i] ~ /^-(name|m|smp|object|numa|machine|M|uuid|mem-path|cpu|accel|device|id)$/) {
        value = word[i + 1]; sub(/\047 *$/, "", value)
        if (word[i] == "-device" && value !~ /dimm|virtio-mem/) continue
        if (word[i] == "-object" && value !~ /memory-backend/) continue
        kept = kept " \047" word[i] "\047 \047" value "\047"
      }
      $0 = kept
    }
    {
      line = $0
      for (i = 1; i <= total; i++) {
        if (name[i] == "") continue
        if (index(words, " " name[i] " ")) {
          line = literal(line, "<name>" name[i] "</name>", "<name>" to[name[i]] "</name>")
          line = literal(line, "guest=" name[i], "guest=" to[name[i]])
          line = literal(line, "\047" name[i] "\047", "\047" to[name[i]] "\047")
        } else line = literal(line, name[i], to[name[i]])
      }
      line = pattern(line, uuid, "[0-9a-fA-F-]", "uuid")
      line = pattern(line, mac, "[0-9a-fA-F:]", "mac")
      line = pattern(line, "[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+", "[0-9.]", "ip4")
      line = pattern(line, "[0-9a-fA-F:]*:[0-9a-fA-F:]*:[0-9a-fA-F]+", "[0-9a-zA-Z:._]", "ip6")
      print line
    }'
}

all() { if [ -n "$anonymize" ]; then everything | replaced; else everything; fi; }

if [ "$out" = - ]; then all; exit; fi
[ -n "$out" ] || if [ -n "$anonymize" ]; then out=pageshift-host.txt; else out=pageshift-$host.txt; fi
if [ -e "$out" ]; then echo "gather: $out is there already; choose another with -o" >&2; exit 1; fi
trap 'rm -f "$out"; exit 130' INT TERM HUP
all >"$out" || exit 1
trap - INT TERM HUP
echo "gather: wrote $out: read it, then open it: pageshift import $out -o host.pageshift.json" >&2
