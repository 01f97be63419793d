#!/usr/bin/env bash
# A farm whose srun is started from outside of its three hosts, as by salloc on a login node: the
# host with the master dies, and a worker takes over in the same step. What stands behind srun dies:
# slurmctld for a while, slurmd on a host, and the slurmstepd of a host, without which srun
# waits for ever. Each run ends with the results of the undisturbed one.
set -euo pipefail
# shellcheck source=tests/cluster/jobs.sh
source "$STEADFARM_SOURCE/tests/cluster/jobs.sh"

cluster_for_test 3
run_undisturbed

# in_middle NAME WHAT OPTIONS...: in an allocation of its own, with a fifth of its units done.
in_middle() {
  local name=$1
  job_start "$name" "${CLUSTER_ENTER[@]}" \
    salloc --quiet --nodes=3 --ntasks-per-node=2 --no-kill --time=10 \
    "$FARMS_BIN/steadfarm" run --log "$JOBS_TMP/$name.run.log" --backoff 0.1 --launch 20 \
    "${@:3}" -- \
    srun --mpi=pmix --no-kill --kill-on-bad-exit=0 --overlap --ntasks=6 \
    "${PROGRAM[@]}" --sleep-us 40000 --store "$JOBS_TMP/store-$name" --json --progress off \
    --log "$JOBS_TMP/$name.log" --heartbeat 0.25 --timeout 3
  at_units "$name" $((UNITS / 5))
  expect_mid_run "$name" "$2"
}

# kill_program SIGNAL HOST PROGRAM: every process of that program there. Debian's names have a word
# more.
kill_program() {
  local pid killed=0
  for pid in $(descendants_of "$2"); do
    case $(readlink "/proc/$pid/exe" || true) in
      */"$3" | */"$3"-wlm) kill -s "$1" "$pid" && killed=$((killed + 1)) ;;
    esac
  done
  [ "$killed" -gt 0 ] || fail "no $3 to kill"
}

# end_of_run NAME [STARTS]: the allocation is given back, too.
end_of_run() {
  job_wait "$JOB_PID" 120 || fail "$1 did not end"
  expect_eq "$1: exit code" 0 "$JOB_EXIT"
  expect_same_answer "$1"
  expect_went_on "$1" "$(run_says "$1" "values('command_end', 'committed')")"
  [ -z "${2:-}" ] || expect_eq "$1: starts" "$2" "$(run_says "$1" 'count("command_start")')"
}

# ---- the host with the master ----
in_middle master "host with the master killed"
host_kill 1
if [ "$LAUNCHER" = openmpi4 ]; then
  end_of_run master 1
  expect_eq "master: ranks whose place was taken" "[0]" \
    "$(log_says master 'values("taken_over", "lost_rank")')"
else
  # Open MPI 5 ends who loses a connection. Starts that hang may follow.
  end_of_run master
fi
host_restart 1
slurm_all_idle 3

# ---- slurmctld goes down and comes back when the farm has done its work ----
# In good order: what it has not written down yet of a job that began a moment ago, it has the hosts
# kill when it comes back.
in_middle controller "slurmctld goes down"
kill_program TERM "$(rack_pid)" slurmctld
log_wait "$JOBS_TMP/controller.log" 'count("finish") == 1' 60 || fail "controller: no end"
if cluster_enter timeout 1 sinfo >/dev/null 2>&1; then fail "slurmctld is up; it proves nothing"; fi
cluster_enter setsid slurmctld -D >"$JOBS_TMP/slurmctld.out" 2>&1 &
end_of_run controller 1
slurm_all_idle 3

# ---- slurmd of a host ----
in_middle slurmd "slurmd killed"
kill_program KILL "$(host_init 2)" slurmd
end_of_run slurmd 1
host_restart 2
slurm_all_idle 3

# ---- slurmstepd: the ranks on that host are gone with it, and srun never hears of it ----
in_middle stepd "slurmstepd killed" --silence 10
kill_program KILL "$(host_init 2)" slurmstepd
end_of_run stepd 2
if [ "$LAUNCHER" = openmpi4 ]; then
  expect_eq "stepd: workers lost" "[2, 3]" \
    "$(log_says stepd 'sorted(values("worker_lost", "rank"))')"
fi
expect_eq "stepd: how the first start ended" silent \
  "$(run_says stepd 'values("command_end", "how")[0]')"
