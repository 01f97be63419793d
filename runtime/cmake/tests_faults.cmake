# The built programs from outside: killed, stopped, given bad input.
if(STEADFARM_BUILD_EXAMPLES)
  foreach(tree T1L T2L T3L)
    steadfarm_script_test(uts_kill_${tree} tests/faults/uts_kill.sh ARGS ${tree}
      LABELS faults TIMEOUT 1500 PROCESSORS 4)
  endforeach()
  steadfarm_script_test(uts_trees tests/faults/uts_trees.sh
    LABELS faults TIMEOUT 900 PROCESSORS 4)
  steadfarm_script_test(qap_files tests/faults/qap_files.sh
    LABELS faults TIMEOUT 900 PROCESSORS 4)
  steadfarm_script_test(qap_kill tests/faults/qap_kill.sh
    LABELS faults TIMEOUT 1500 PROCESSORS 4)
  steadfarm_script_test(stop_signals tests/faults/stop_signals.sh
    LABELS faults TIMEOUT 1500 PROCESSORS 4)
  steadfarm_script_test(stop_long_unit tests/faults/stop_long_unit.sh
    LABELS faults TIMEOUT 300 PROCESSORS 2)
endif()
