# The store's tests. A made-up job that knows what must come back serves all of them.
steadfarm_layer(checkpoint_test_support
  SOURCES tests/unit/checkpoint/workload.cpp
  PUBLIC steadfarm_memory_file_system)

steadfarm_test(checkpoint_unit_test
  SOURCES tests/unit/checkpoint/posix_file_system_test.cpp tests/unit/checkpoint/store_test.cpp
  LINKS steadfarm_checkpoint_test_support
  LABELS unit)

# Faults at every operation, crashes at every point, damage at every byte.
steadfarm_test(checkpoint_crash_test
  SOURCES tests/crash/counting_loop_test.cpp tests/crash/crash_point_test.cpp
          tests/crash/damage_test.cpp tests/crash/owners_test.cpp
          tests/crash/scenario.cpp
  LINKS steadfarm_checkpoint_test_support
  LABELS crash)

# Another language reads what we write, from FORMAT.md alone.
steadfarm_test(checkpoint_format_test
  SOURCES tests/unit/checkpoint/format_test.cpp
  LINKS steadfarm_checkpoint_test_support
  LABELS unit)
target_compile_definitions(checkpoint_format_test PRIVATE
  STEADFARM_TEST_SOURCE_DIR="${PROJECT_SOURCE_DIR}/tests/unit/checkpoint")
