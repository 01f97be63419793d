# Bad input and bad luck, as a user meets them.
add_executable(units_program tests/cli/units_program.cpp)
target_link_libraries(units_program PRIVATE steadfarm::steadfarm CLI11::CLI11
  steadfarm_build_flags)
set_target_properties(units_program PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)

add_executable(sums_program tests/cli/sums_program.cpp)
target_link_libraries(sums_program PRIVATE steadfarm::steadfarm CLI11::CLI11
  steadfarm_build_flags)
set_target_properties(sums_program PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)

add_executable(stragglers_program tests/cli/stragglers_program.cpp)
target_link_libraries(stragglers_program PRIVATE steadfarm::steadfarm CLI11::CLI11
  steadfarm_build_flags)
set_target_properties(stragglers_program PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)

steadfarm_test(cli_test
  SOURCES tests/unit/cli/result_text_test.cpp runtime/cli/result_text.cpp
  LINKS steadfarm_checkpoint nlohmann_json::nlohmann_json
  LABELS unit)

foreach(test usage damaged_store other_job live_store limited_memory disk results run_command)
  steadfarm_script_test(cli_${test} tests/cli/${test}.sh LABELS cli TIMEOUT 600 PROCESSORS 2)
endforeach()
steadfarm_script_test(cli_failing_units tests/cli/failing_units.sh
  LABELS cli recovery TIMEOUT 600 PROCESSORS 2)
set_tests_properties(cli_disk PROPERTIES SKIP_RETURN_CODE 77)

if(STEADFARM_INSTALL)
  steadfarm_script_test(install_and_use tests/install/install_test.sh
    LABELS install TIMEOUT 600 PROCESSORS 2)
endif()
