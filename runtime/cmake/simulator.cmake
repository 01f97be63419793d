# The seeded simulation, for the tests and for `steadfarm simulate`. Not installed as a library.
if(NOT TARGET steadfarm_simulator)
  add_library(steadfarm_simulator STATIC
    tests/sim/draw_options.cpp tests/sim/executor.cpp tests/sim/final_checks.cpp tests/sim/job.cpp
    tests/sim/master_process.cpp tests/sim/message_text.cpp tests/sim/network.cpp
    tests/sim/options.cpp tests/sim/record.cpp tests/sim/record_durable.cpp
    tests/sim/record_states.cpp tests/sim/sim_shards.cpp tests/sim/sim_spawner.cpp
    tests/sim/sim_writer.cpp
    tests/sim/simulation.cpp tests/sim/simulator.cpp tests/sim/strikes.cpp tests/sim/trace.cpp
    tests/sim/watched_store.cpp tests/sim/worker_process.cpp tests/sim/workload.cpp)
  target_include_directories(steadfarm_simulator PUBLIC ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(steadfarm_simulator
    PUBLIC steadfarm_driver steadfarm_memory_file_system
    PRIVATE $<BUILD_INTERFACE:steadfarm_build_flags>)
endif()
