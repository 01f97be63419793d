#!/usr/bin/env bash
# Ends that look like something else to `steadfarm run`: an mpirun that always says 0, a command
# that hangs, a program that is not there, a unit that kills every job.
set -euo pipefail
# shellcheck source=tests/lib/supervised.sh
source "$STEADFARM_SOURCE/tests/lib/supervised.sh"

program=$FARMS_TEST_BIN/units_program

# ---- the master is killed, nobody may take over, so the workers end themselves, and mpirun says 0
# (Open MPI 4) or what they said (5, ULFM); the store knows better ----
store=$JOBS_TMP/recovery-store
MPIRUN_OPTIONS=("${MPIRUN_RECOVERY[@]}")
FARMS_TIMEOUT=1
supervised_start recovery 3 "$program" --units 200 --sleep-us 20000 --throws 5 --store "$store" \
  --interval 0.1 --takeover off
farm_ranks 3
at_new_units recovery 0 30
kill_process KILL "${FARM_PIDS[0]}"
run_wait recovery 'count("restart") == 1'
expect_farm_gone
dead_master=0
if [ "$LAUNCHER_ULFM" = 1 ]; then dead_master=75; fi
expect_eq "recovery: mpirun's word for a dead master" "('exited', $dead_master)" \
  "$(run_says recovery '(lambda e: (e["how"], e["exit_code"]))(last("command_end"))')"
job_wait "$JOB_PID" 200 || fail "recovery did not end"
expect_eq "recovery: exit code, with a failed unit" 3 "$JOB_EXIT"
expect_eq "recovery: outcome" "(True, 199, 1, 1)" \
  "$(out_says recovery '(complete, units_accepted, units_failed, restarts)')"
expect_nothing_repeated recovery
expect_store_sound "$store"
MPIRUN_OPTIONS=()
FARMS_TIMEOUT=3

# ---- everything is frozen ----
store=$JOBS_TMP/stall-store
RUN_OPTIONS=(--stall 8)
supervised_start stall 3 "$program" --units 300 --sleep-us 20000 --store "$store" --interval 0.1
supervised_ranks 3
at_new_units stall 0 30
for pid in "${FARM_PIDS[@]}"; do kill -s STOP "$pid" 2>/dev/null || true; done
# Among them is who keeps the command for the supervisor.
run_wait stall 'count("restart") == 1'
expect_farm_gone
expect_eq "stall: end of the first start" stalled "$(run_says stall 'last("command_end")["how"]')"
job_wait "$JOB_PID" 200 || fail "stall did not end"
expect_eq "stall: exit code" 0 "$JOB_EXIT"
expect_eq "stall: outcome" "(True, 300, 1)" \
  "$(out_says stall '(complete, units_accepted, restarts)')"
expect_true "stall: began anew" "$(log_says stall 'values("start", "units_restored")[1] > 0')"
expect_eq "stall: one line that says why" 1 \
  "$(grep -c 'no new generation for 8.0 s (--stall); killing the command' "$JOBS_TMP/stall.err")"
expect_store_sound "$store"

# ---- a program that is not there, a unit that ends every job: given up, in bounded time ----
RUN_OPTIONS=(--max-idle-restarts 1)
supervised_start typo 2 "$JOBS_TMP/absent" --store "$JOBS_TMP/typo-store"
job_wait "$JOB_PID" 60 || fail "typo did not end"
expect_eq "typo: exit code" 76 "$JOB_EXIT"
expect_eq "typo: starts" 2 "$(run_says typo 'count("command_start")')"
grep -q "Executable: $JOBS_TMP/absent" "$JOBS_TMP/typo.err" || fail "mpirun's words are lost"

RUN_OPTIONS=(--max-idle-restarts 2)
supervised_start poison 3 "$program" --units 20 --kills 7 --store "$JOBS_TMP/poison-store" \
  --interval 0.05
job_wait "$JOB_PID" 200 || fail "poison did not end"
expect_eq "poison: exit code" 3 "$JOB_EXIT"
expect_eq "poison: outcome" "(True, 19, 1)" \
  "$(out_says poison '(complete, units_accepted, units_failed)')"
expect_true "poison: the jobs that it killed" \
  "$(run_says poison 'values("command_end", "exit_code")[:2] == [137, 137]')"
expect_store_sound "$JOBS_TMP/poison-store"

# ---- one that kills the master itself: nobody can charge it, and nothing becomes durable ----
supervised_start alone 1 "$program" --units 20 --kills 7 --store "$JOBS_TMP/alone-store" \
  --interval 0.05
job_wait "$JOB_PID" 200 || fail "alone did not end"
expect_eq "alone: exit code" 76 "$JOB_EXIT"
expect_true "alone: its last ends" \
  "$(run_says alone 'values("command_end", "exit_code")[-3:] == [137, 137, 137]')"
expect_store_sound "$JOBS_TMP/alone-store" "$(run_says alone 'count("command_start")')"
RUN_OPTIONS=()
