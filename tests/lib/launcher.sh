# shellcheck shell=bash disable=SC2034
# The one place that knows how this machine's MPI starts programs. STEADFARM_MPIRUN names the
# program, where it is not `mpirun`. Source it, or run it:
#   bash launcher.sh run -n 4 PROGRAM ...   PROGRAM under MPIRUN
#   bash launcher.sh kind                   LAUNCHER
#
# LAUNCHER          openmpi4, openmpi5, mpich or unknown
# MPIRUN            the program and what lets it start more ranks than there are cores
# MPIRUN_RECOVERY   options under which the other ranks live on when one dies; without them none do
# LAUNCHER_SURVIVES 1 if there are such options. Where not, `steadfarm run` starts the job again
# LAUNCHER_KILLED   its exit code, without them, where a rank was killed by SIGKILL; Hydra: or 0
# LAUNCHER_AFTER_TERM  heard or unheard: whether ranks are, once it has got SIGTERM itself
# LAUNCHER_ULFM     1 if MPI itself tells of deaths under those options

launcher_find() {
  local program=${STEADFARM_MPIRUN:-mpirun} version
  # Whole: under pipefail a reader that stops early makes a failure of it, now and then.
  version=$("$program" --version 2>/dev/null) || version=
  LAUNCHER=unknown LAUNCHER_SURVIVES=0 LAUNCHER_ULFM=0 LAUNCHER_AFTER_TERM=unheard
  LAUNCHER_KILLED=137
  MPIRUN=("$program") MPIRUN_RECOVERY=()
  # Open MPI 4 calls its mpiexec OpenRTE.
  if [[ $version =~ \((Open\ MPI|OpenRTE)\)\ [1-4]\. ]]; then
    LAUNCHER=openmpi4 LAUNCHER_SURVIVES=1 LAUNCHER_AFTER_TERM=heard
    MPIRUN=("$program" --oversubscribe)
    MPIRUN_RECOVERY=(--enable-recovery)
  elif [[ $version =~ \(Open\ MPI\)\ [0-9]+\. ]]; then
    LAUNCHER=openmpi5 LAUNCHER_SURVIVES=1 LAUNCHER_ULFM=1
    # By slot: without that word all ranks would go to the first host.
    MPIRUN=("$program" --map-by slot:OVERSUBSCRIBE)
    MPIRUN_RECOVERY=(--with-ft ulfm)
  elif [[ $version =~ HYDRA ]]; then
    LAUNCHER=mpich LAUNCHER_KILLED=9
  fi
}

# Open MPI refuses root unless told otherwise.
launcher_environment() {
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1
  # On one host. Open MPI 5 looks for TCP all the same, and where an interface does not please it,
  # or there is only the loopback, it complains or does not start.
  if [ "$LAUNCHER" = openmpi5 ]; then export OMPI_MCA_btl=${OMPI_MCA_btl:-self,sm}; fi
  # Tests leave messages under way. UCX, below Debian's MPICH, has a line for each in MPI_Finalize,
  # and its cache of registered memory an assertion.
  if [ "$LAUNCHER" = mpich ]; then export UCX_LOG_LEVEL=fatal UCX_RCACHE_ENABLE=n; fi
}

# launcher_over_tcp: from now on ranks talk over TCP, as between hosts; but on this one.
launcher_over_tcp() { export OMPI_MCA_btl=self,tcp OMPI_MCA_btl_tcp_if_include=lo; }

launcher_find
launcher_environment

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  case ${1:-} in
    run) exec "${MPIRUN[@]}" "${@:2}" ;;
    kind) echo "$LAUNCHER" ;;
    *)
      echo "usage: launcher.sh run WORDS... | kind" >&2
      exit 64
      ;;
  esac
fi
