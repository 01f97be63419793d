# Tests of the transports, and the helper for tests under mpirun.

# steadfarm_mpi_test(NAME PROGRAM target RANKS 2 4 [ARGS ...] [MPIRUN_ARGS ...] [LABELS ...]
# [TIMEOUT s]): one ctest entry a rank count, NAME_RANKS. More ranks than cores are fine; idle
# ranks yield, so that the clock of a test is not that of a spinning neighbour.
function(steadfarm_mpi_test name)
  cmake_parse_arguments(arg "" "PROGRAM;TIMEOUT" "RANKS;ARGS;MPIRUN_ARGS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  foreach(ranks IN LISTS arg_RANKS)
    add_test(NAME ${name}_${ranks}
      COMMAND bash ${PROJECT_SOURCE_DIR}/tests/lib/launcher.sh run -n ${ranks} ${arg_MPIRUN_ARGS}
              $<TARGET_FILE:${arg_PROGRAM}> ${arg_ARGS})
    set_tests_properties(${name}_${ranks} PROPERTIES
      TIMEOUT ${arg_TIMEOUT} LABELS "mpi;${arg_LABELS}" PROCESSORS ${ranks}
      ENVIRONMENT "STEADFARM_MPIRUN=${MPIEXEC_EXECUTABLE};OMPI_MCA_mpi_yield_when_idle=1")
  endforeach()
endfunction()

execute_process(
  COMMAND ${CMAKE_COMMAND} -E env STEADFARM_MPIRUN=${MPIEXEC_EXECUTABLE}
          bash ${PROJECT_SOURCE_DIR}/tests/lib/launcher.sh kind
  OUTPUT_VARIABLE STEADFARM_LAUNCHER OUTPUT_STRIP_TRAILING_WHITESPACE)

add_library(steadfarm_transport_contract STATIC
  tests/unit/transport/contract_cases.cpp tests/unit/transport/contract_delivery.cpp
  tests/unit/transport/contract_flow.cpp tests/unit/transport/contract_tools.cpp)
target_link_libraries(steadfarm_transport_contract
  PUBLIC steadfarm_transport GTest::gtest Threads::Threads PRIVATE steadfarm_build_flags)

steadfarm_test(transport_local_test
  SOURCES tests/unit/transport/all_signals_blocked_test.cpp
          tests/unit/transport/guarded/guarded_transport_test.cpp
          tests/unit/transport/joined/joined_transport_test.cpp
          tests/unit/transport/local/local_hub_test.cpp
  LINKS steadfarm_transport_contract LABELS unit threads transport)
steadfarm_test(transport_launch_test
  SOURCES tests/unit/transport/mpi/broken_pipe_test.cpp
          tests/unit/transport/mpi/launch_check_test.cpp
          tests/unit/transport/mpi/replacement_test.cpp
          tests/unit/transport/mpi/settlement_test.cpp
          tests/unit/transport/mpi/watchdog_test.cpp
  LINKS steadfarm_transport LABELS unit threads transport)

add_executable(transport_mpi_test
  tests/mpi/contract_test.cpp tests/mpi/farms_in_a_row_test.cpp tests/mpi/inbox_test.cpp
  tests/mpi/mpi_test_main.cpp)
target_link_libraries(transport_mpi_test
  PRIVATE steadfarm_transport_contract GTest::gtest MPI::MPI_C steadfarm_build_flags)
target_compile_definitions(transport_mpi_test PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
set_target_properties(transport_mpi_test PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)

foreach(level single funneled serialized multiple)
  steadfarm_mpi_test(transport_mpi_${level} PROGRAM transport_mpi_test RANKS 2 4
    ARGS --thread-level=${level} LABELS transport)
endforeach()
steadfarm_mpi_test(transport_mpi_reversed PROGRAM transport_mpi_test RANKS 3
  ARGS --communicator=reversed --application-init LABELS transport)
steadfarm_mpi_test(transport_mpi_subset PROGRAM transport_mpi_test RANKS 4
  ARGS --communicator=subset --application-init --thread-level=serialized LABELS transport)
# Over TCP as between nodes: other eager limits, other ways to stall.
if(STEADFARM_LAUNCHER MATCHES openmpi)
  steadfarm_mpi_test(transport_mpi_tcp PROGRAM transport_mpi_test RANKS 3
    MPIRUN_ARGS --mca btl self,tcp --mca btl_tcp_if_include lo LABELS transport)
endif()
# The same contract where MPI watches for deaths.
if(STEADFARM_LAUNCHER STREQUAL openmpi5)
  steadfarm_mpi_test(transport_mpi_ulfm PROGRAM transport_mpi_test RANKS 2 4
    MPIRUN_ARGS --with-ft ulfm LABELS transport)
  steadfarm_mpi_test(transport_mpi_ulfm_tcp PROGRAM transport_mpi_test RANKS 3
    MPIRUN_ARGS --with-ft ulfm --mca btl self,tcp --mca btl_tcp_if_include lo LABELS transport)
endif()

add_executable(kill_rank_program tests/mpi/kill_rank_program.cpp)
target_link_libraries(kill_rank_program PRIVATE steadfarm_transport steadfarm_build_flags)
set_target_properties(kill_rank_program PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
foreach(victim 2 0)
  steadfarm_script_test(transport_kill_rank_${victim} tests/mpi/kill_rank_test.sh
    ARGS 4 ${victim} LABELS mpi kill recovery transport TIMEOUT 300 PROCESSORS 4)
endforeach()

add_executable(environment_program tests/mpi/environment_program.cpp)
target_link_libraries(environment_program PRIVATE steadfarm_transport steadfarm_build_flags)
set_target_properties(environment_program PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
steadfarm_script_test(transport_environment tests/mpi/environment_test.sh
  LABELS mpi transport TIMEOUT 300 PROCESSORS 2)
