# The seeded simulation.
include(runtime/cmake/simulator.cmake)

add_executable(simulator tests/sim/sim_main.cpp)
target_link_libraries(simulator PRIVATE steadfarm_simulator steadfarm_build_flags)
set_target_properties(simulator PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
