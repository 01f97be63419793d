#!/usr/bin/env bash
# A disk that writes 1 MB/s under a job that makes results much faster: dispatch slows down to what
# the disk takes, memory stays below its limit, and nothing is lost.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

store=$JOBS_TMP/store
units=480 bytes=65536 buffer=2097152  # 31 MB of results, 2 MiB of which may wait
export SLOW_DISK_FOLDER=$store SLOW_DISK_BYTES_PER_S=1000000
LD_PRELOAD=$FARMS_TEST_BIN/libslow_disk.so farm_run slow 3 bench_dispatch --units $units \
  --bytes $bytes --range --work-us 100 --keep-results --no-fold --store "$store" --interval 1 \
  --buffer $buffer
expect_eq "exit code" 0 "$JOB_EXIT"
peak=$(log_says slow 'max(values("dispatch_throttled", "bytes") or [0])')
[ "$peak" -ge $buffer ] || fail "dispatch was never throttled"
grown=$(out_says slow peak_bytes_grown)
echo "$units results of $bytes bytes at 1 MB/s: $(out_says slow seconds) s," \
  "throttled $(log_says slow 'count("dispatch_throttled")') times at up to $peak bytes," \
  "the master's memory grew by $grown bytes at most"
# What waits, what is being written, what is under way, and the allocator's slack: a fraction of the
# 31 MB that would pile up without a limit.
[ "$grown" -lt $((8 * buffer)) ] || fail "memory is not bounded"
expect_eq "units committed" $units "$(out_says slow units_committed)"
expect_store_sound "$store"
