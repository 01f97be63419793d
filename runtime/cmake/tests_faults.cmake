# The built programs from outside: killed, stopped, given bad input.
# PROCESSORS is what a test keeps busy: 1 where units sleep and the test waits most of its time.
# A slow disk for them, through LD_PRELOAD.
add_library(slow_disk SHARED tests/faults/slow_disk.cpp)
target_link_libraries(slow_disk PRIVATE steadfarm_build_flags ${CMAKE_DL_LIBS})
set_target_properties(slow_disk PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
foreach(kind fsync writes)
  steadfarm_script_test(slow_${kind} tests/faults/slow_${kind}.sh
    LABELS faults TIMEOUT 600 PROCESSORS 2)
endforeach()
steadfarm_script_test(hung_disk tests/faults/hung_disk.sh LABELS faults TIMEOUT 300 PROCESSORS 1)
# Kills a rank at a certain moment, the same way.
add_library(kill_at SHARED tests/mpi/kill_at.cpp)
target_compile_definitions(kill_at PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
target_link_libraries(kill_at PRIVATE steadfarm_build_flags MPI::MPI_C)
set_target_properties(kill_at PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
# An MPI that does not come back, the same way.
add_library(stuck_mpi SHARED tests/mpi/stuck_mpi.cpp)
target_compile_definitions(stuck_mpi PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
target_link_libraries(stuck_mpi PRIVATE steadfarm_build_flags MPI::MPI_C)
set_target_properties(stuck_mpi PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
foreach(case worker master)
  steadfarm_script_test(stuck_mpi_${case} tests/faults/stuck_mpi.sh ARGS ${case}
    LABELS faults recovery TIMEOUT 300 PROCESSORS 1)
endforeach()
foreach(way sm tcp)
  steadfarm_script_test(worker_kills_${way} tests/faults/worker_kills.sh ARGS ${way}
    LABELS faults recovery TIMEOUT 1200 PROCESSORS 4)
endforeach()
steadfarm_script_test(ucx tests/faults/ucx.sh LABELS faults recovery TIMEOUT 600 PROCESSORS 2)
steadfarm_script_test(stopped_worker tests/faults/stopped_worker.sh
  LABELS faults recovery TIMEOUT 300 PROCESSORS 3)
steadfarm_script_test(unit_time_limit tests/faults/unit_time_limit.sh
  LABELS faults TIMEOUT 600 PROCESSORS 3)
steadfarm_script_test(safe_points tests/faults/safe_points.sh
  LABELS faults recovery TIMEOUT 900 PROCESSORS 2)
steadfarm_script_test(changed_folder tests/faults/changed_folder.sh
  LABELS faults recovery TIMEOUT 600 PROCESSORS 1)
steadfarm_script_test(busy_machine tests/faults/busy_machine.sh ARGS 30
  LABELS faults TIMEOUT 300 PROCESSORS 8)
steadfarm_script_test(random_kills tests/faults/random_kills.sh ARGS 5
  LABELS faults TIMEOUT 1200 PROCESSORS 4)
steadfarm_script_test(lingering_master tests/faults/lingering_master.sh
  LABELS faults TIMEOUT 120)
steadfarm_script_test(shards tests/faults/shards.sh LABELS faults recovery TIMEOUT 600 PROCESSORS 4)
steadfarm_script_test(shards_full tests/faults/shards_full.sh
  LABELS faults TIMEOUT 900 PROCESSORS 1)
set_tests_properties(shards_full PROPERTIES SKIP_RETURN_CODE 77)
if(STEADFARM_BUILD_EXAMPLES)
  foreach(tree T1L T2L T3L)
    steadfarm_script_test(uts_kill_${tree} tests/faults/uts_kill.sh ARGS ${tree}
      LABELS faults recovery TIMEOUT 1500 PROCESSORS 4)
  endforeach()
  steadfarm_script_test(uts_trees tests/faults/uts_trees.sh
    LABELS faults TIMEOUT 900 PROCESSORS 4)
  steadfarm_script_test(qap_files tests/faults/qap_files.sh
    LABELS faults TIMEOUT 900 PROCESSORS 4)
  steadfarm_script_test(qap_kill tests/faults/qap_kill.sh
    LABELS faults recovery TIMEOUT 1500 PROCESSORS 4)
  steadfarm_script_test(qap_kill_small tests/faults/qap_kill_small.sh
    LABELS faults recovery TIMEOUT 1500 PROCESSORS 2)
  steadfarm_script_test(ising_kill tests/faults/ising_kill.sh
    LABELS faults TIMEOUT 1500 PROCESSORS 4)
  steadfarm_script_test(stop_signals tests/faults/stop_signals.sh
    LABELS faults recovery TIMEOUT 1500 PROCESSORS 2)
  steadfarm_script_test(master_works tests/faults/master_works.sh
    LABELS faults TIMEOUT 900 PROCESSORS 3)
  steadfarm_script_test(ordered_fold tests/faults/ordered_fold.sh
    LABELS faults recovery TIMEOUT 900 PROCESSORS 4)
  steadfarm_script_test(stragglers tests/faults/stragglers.sh
    LABELS faults recovery TIMEOUT 900 PROCESSORS 1)
  steadfarm_script_test(two_owners tests/faults/two_owners.sh
    LABELS faults TIMEOUT 900 PROCESSORS 2)
  # An MPI_Comm_spawn that goes wrong, through LD_PRELOAD, and farms that can have no replacements.
  add_library(stuck_spawn SHARED tests/mpi/stuck_spawn.cpp)
  add_executable(respawn_refused tests/mpi/respawn_refused.cpp)
  target_link_libraries(stuck_spawn PRIVATE MPI::MPI_C steadfarm_build_flags)
  target_link_libraries(respawn_refused PRIVATE steadfarm::steadfarm MPI::MPI_C
    steadfarm_build_flags)
  foreach(target stuck_spawn respawn_refused)
    target_compile_definitions(${target} PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
    set_target_properties(${target} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests
      LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  endforeach()
  steadfarm_script_test(respawn tests/faults/respawn.sh
    LABELS faults recovery TIMEOUT 1500 PROCESSORS 2)
  foreach(case flow busy idle checkpoint shutdown twice shards both stopped)
    steadfarm_script_test(master_${case} tests/faults/master_kill.sh ARGS ${case}
      LABELS faults recovery TIMEOUT 600 PROCESSORS 4)
  endforeach()
  foreach(case flow stopped)
    steadfarm_script_test(master_${case}_tcp tests/faults/master_kill.sh
      ARGS ${case} --mca btl self,tcp --mca btl_tcp_if_include lo
      LABELS faults recovery TIMEOUT 600 PROCESSORS 4)
  endforeach()
  steadfarm_script_test(stop_long_unit tests/faults/stop_long_unit.sh
    LABELS faults TIMEOUT 300 PROCESSORS 2)
  steadfarm_script_test(wall_time tests/faults/wall_time.sh LABELS faults TIMEOUT 600 PROCESSORS 1)
  steadfarm_script_test(supervised_kill tests/faults/supervised_kill.sh
    LABELS faults TIMEOUT 1500 PROCESSORS 3)
  steadfarm_script_test(supervised_signals tests/faults/supervised_signals.sh
    LABELS faults TIMEOUT 1500 PROCESSORS 1)
  steadfarm_script_test(supervised_silence tests/faults/supervised_silence.sh
    LABELS faults TIMEOUT 600 PROCESSORS 1)
  steadfarm_script_test(supervised_ends tests/faults/supervised_ends.sh
    LABELS faults recovery TIMEOUT 1500 PROCESSORS 1)
endif()
