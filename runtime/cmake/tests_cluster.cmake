# On virtual hosts with sshd and a real Slurm. Alone on the machine: their clocks are those of real
# launchers, and each brings a cluster up and takes it down.
function(steadfarm_cluster_test name script)
  steadfarm_script_test(cluster_${name} ${script} ${ARGN}
    LABELS cluster TIMEOUT 600 PROCESSORS 4)
  set_tests_properties(cluster_${name} PROPERTIES SKIP_RETURN_CODE 77 RUN_SERIAL ON)
endfunction()

steadfarm_cluster_test(daemons tests/cluster/daemons_test.sh)
steadfarm_cluster_test(hosts tests/cluster/hosts_test.sh)
steadfarm_cluster_test(mpirun tests/cluster/mpirun_test.sh)
steadfarm_cluster_test(neighbours tests/cluster/neighbours_test.sh)
steadfarm_cluster_test(slurm_daemons tests/cluster/slurm_daemons_test.sh)
steadfarm_cluster_test(slurm_hosts tests/cluster/slurm_hosts_test.sh)
steadfarm_cluster_test(slurm_mpirun tests/cluster/slurm_mpirun_test.sh)
steadfarm_cluster_test(slurm_stops tests/cluster/slurm_stops_test.sh ARGS 3)
steadfarm_cluster_test(slurm_workers tests/cluster/slurm_workers_test.sh)
