#!/usr/bin/env bash
# A second run takes the store of a first one that is still at work, as after a partition. The first
# finds itself fenced and stops; the second goes on from what is durable, to the published numbers.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

store=$JOBS_TMP/store
# The pause keeps the second from being done before the first can notice.
job=(uts --tree T1L --grain 20000 --pause-us 2000 --store "$store" --interval 0.3)

farm_start_plain first 2 "${job[@]}"
first=$JOB_PID
farm_ranks 2
first_pids=("${FARM_PIDS[@]}")
at_units first 600
farm_start_plain second 3 "${job[@]}"
second=$JOB_PID
log_wait "$JOBS_TMP/second.log" 'count("start") == 1' 60 || fail "the second run did not start"

job_wait "$first" 60 || fail "the first run does not notice that it is fenced"
expect_eq "exit code of the first" 65 "$JOB_EXIT"
expect_eq "how the first ends" "(65, 'fenced')" \
  "$(log_says first '(lambda e: (e["exit_code"], e["outcome"]))(last("finish"))')"
expect_eq "what the first says" 1 "$(grep -cE "error: .*taken over the store $store" \
  "$JOBS_TMP/first.err")"
expect_eq "answer of the first" "" "$(cat "$JOBS_TMP/first.out")"
FARM_PIDS=("${first_pids[@]}")
expect_farm_gone
process_alive "$second" || fail "the second ended before the first; it proves nothing"

job_wait "$second" 400 || fail "the second run did not end"
expect_eq "exit code of the second" 0 "$JOB_EXIT"
expect_eq "answer" "{'nodes': 102181082, 'depth': 13, 'leaves': 81746377}" \
  "$(out_says second answer)"
expect_true "the second began from nothing" "$(out_says second 'units_restored > 0')"
expect_true "the owner did not change" "$(store_says "$store" 'owner_epoch > 1 and complete')"
expect_store_sound "$store"
