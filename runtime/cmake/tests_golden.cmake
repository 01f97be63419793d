# Golden stores: tests/golden/README.md.
add_executable(make_golden tests/golden/make_golden.cpp)
target_link_libraries(make_golden PRIVATE steadfarm::steadfarm CLI11::CLI11
  steadfarm_build_flags)
set_target_properties(make_golden PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
steadfarm_script_test(golden_stores tests/golden/golden_test.sh
  LABELS cli TIMEOUT 600 PROCESSORS 2)
