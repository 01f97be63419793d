# One line a test program; the sources mirror the tree under test.
include(runtime/cmake/tests_core.cmake)
include(runtime/cmake/tests_checkpoint.cmake)
include(runtime/cmake/tests_transport.cmake)
include(runtime/cmake/tests_examples.cmake)
include(runtime/cmake/tests_sim.cmake)
include(runtime/cmake/tests_scripts.cmake)
include(runtime/cmake/tests_api.cmake)
include(runtime/cmake/tests_faults.cmake)
include(runtime/cmake/tests_cli.cmake)
include(runtime/cmake/tests_cluster.cmake)
include(runtime/cmake/tests_golden.cmake)

# Tests that need a launcher under which the others live on when a rank dies.
foreach(test uts_kill_T1L uts_kill_T2L uts_kill_T3L stop_signals master_works qap_kill
             qap_kill_small
             ordered_fold supervised_ends stragglers ising_kill cli_failing_units)
  if(TEST ${test})
    set_property(TEST ${test} APPEND PROPERTY LABELS recovery)
  endif()
endforeach()
