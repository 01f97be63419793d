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

add_executable(locale_program tests/cli/locale_program.cpp)
target_link_libraries(locale_program PRIVATE steadfarm::steadfarm steadfarm_build_flags)
set_target_properties(locale_program PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)

find_package(OpenMP REQUIRED COMPONENTS CXX)
add_executable(safe_point_program tests/cli/safe_point_program.cpp)
target_link_libraries(safe_point_program PRIVATE steadfarm::steadfarm CLI11::CLI11
  OpenMP::OpenMP_CXX steadfarm_build_flags)
set_target_properties(safe_point_program PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
foreach(version 1 2 3)
  add_executable(same_job_v${version} tests/cli/same_job_program.cpp)
  target_compile_definitions(same_job_v${version} PRIVATE STEADFARM_VERSION=${version})
  target_link_libraries(same_job_v${version} PRIVATE steadfarm::steadfarm steadfarm_build_flags)
  set_target_properties(same_job_v${version} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endforeach()

steadfarm_test(cli_test
  SOURCES tests/unit/cli/result_text_test.cpp runtime/cli/result_text.cpp
  LINKS steadfarm_checkpoint nlohmann_json::nlohmann_json
  LABELS unit)

foreach(test usage damaged_store other_job same_job live_store limited_memory disk other_locale
    results run_command)
  steadfarm_script_test(cli_${test} tests/cli/${test}.sh LABELS cli TIMEOUT 600 PROCESSORS 2)
endforeach()
steadfarm_script_test(cli_failing_units tests/cli/failing_units.sh
  LABELS cli recovery TIMEOUT 600 PROCESSORS 2)
set_tests_properties(cli_disk PROPERTIES SKIP_RETURN_CODE 77)
# A file system that lacks things, through LD_PRELOAD.
add_library(lacking_disk SHARED tests/cli/lacking_disk.cpp)
target_link_libraries(lacking_disk PRIVATE steadfarm_build_flags ${CMAKE_DL_LIBS})
set_target_properties(lacking_disk PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
steadfarm_script_test(cli_lacking_file_system tests/cli/lacking_file_system.sh
  LABELS cli TIMEOUT 600 PROCESSORS 2)
steadfarm_script_test(cli_unreadable_store tests/cli/unreadable_store.sh
  LABELS cli recovery TIMEOUT 600 PROCESSORS 2)

if(STEADFARM_INSTALL)
  steadfarm_script_test(install_and_use tests/install/install_test.sh
    LABELS install TIMEOUT 600 PROCESSORS 2)
endif()
