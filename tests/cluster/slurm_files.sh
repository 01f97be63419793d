# shellcheck shell=bash
# The configuration of the cluster's Slurm.

# slurm_write_files DIR HOSTS: DIR/etc/slurm and the key for munge.
slurm_write_files() {
  local dir=$1 hosts=$2 i
  mkdir -p "$dir/etc/slurm" "$dir/state"
  {
    # A requeued job waits as long as a credential lives, 120 s unless told otherwise. 5 is the
    # least that Slurm takes.
    cat <<END
ClusterName=virtual
SlurmctldHost=head(10.77.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=cred_expire=5
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/tmp/slurmd.%n.pid
SlurmdSpoolDir=/tmp/spool.%n
StateSaveLocation=$dir/state
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
SwitchType=switch/none
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdTimeout=5
MessageTimeout=3
KillWait=30
JobRequeue=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
END
    for ((i = 1; i <= hosts; ++i)); do
      echo "NodeName=node$i NodeAddr=10.77.0.$((10 + i)) CPUs=4 RealMemory=2000 State=UNKNOWN"
    done
    echo "PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
  } >"$dir/etc/slurm/slurm.conf"
  printf '%s\n' CgroupPlugin=cgroup/v1 CgroupAutomount=yes ConstrainCores=no \
    ConstrainRAMSpace=no >"$dir/etc/slurm/cgroup.conf"
  head -c 128 /dev/urandom >"$dir/etc/munge.key"
  chmod 600 "$dir/etc/munge.key"
}
