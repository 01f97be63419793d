# The executors, the loops, and the public library.
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)

steadfarm_layer(worker
  SOURCES runtime/worker/function_executor.cpp runtime/worker/verdict.cpp
  PUBLIC steadfarm_core)

steadfarm_layer(driver
  SOURCES
    runtime/driver/companion.cpp
    runtime/driver/event_log.cpp
    runtime/driver/generation_writer.cpp
    runtime/driver/heartbeat.cpp
    runtime/driver/idle.cpp
    runtime/driver/life_sign.cpp
    runtime/driver/master_driver.cpp
    runtime/driver/own_program.cpp
    runtime/driver/paths.cpp
    runtime/driver/private_file.cpp
    runtime/driver/process_watch.cpp
    runtime/driver/progress_line.cpp
    runtime/driver/shard_keeper.cpp
    runtime/driver/signals.cpp
    runtime/driver/unit_guard.cpp
    runtime/driver/worker_driver.cpp
  PUBLIC steadfarm_core steadfarm_transport steadfarm_worker steadfarm_checkpoint
         nlohmann_json::nlohmann_json Threads::Threads)

add_library(steadfarm STATIC
  runtime/api/byte_farm.cpp
  runtime/api/command_line.cpp
  runtime/api/deadline.cpp
  runtime/api/folds.cpp
  runtime/api/input_file.cpp
  runtime/api/job.cpp
  runtime/api/loss_report.cpp
  runtime/api/master_run.cpp
  runtime/api/master_run_end.cpp
  runtime/api/master_run_take_over.cpp
  runtime/api/outcome.cpp
  runtime/api/paths.cpp
  runtime/api/run.cpp
  runtime/api/store_opening.cpp
  runtime/api/submitted_units.cpp
  runtime/api/take_over.cpp
  runtime/api/terminate_watch.cpp
  runtime/api/unit_hints.cpp
  runtime/api/worker_side.cpp)
add_library(steadfarm::steadfarm ALIAS steadfarm)
target_include_directories(steadfarm
  PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/runtime/include>
  PRIVATE ${PROJECT_SOURCE_DIR}/runtime ${PROJECT_SOURCE_DIR})
target_link_libraries(steadfarm
  PRIVATE $<BUILD_INTERFACE:steadfarm_build_flags> steadfarm_driver CLI11::CLI11
          nlohmann_json::nlohmann_json)
target_compile_features(steadfarm PUBLIC cxx_std_20)

# What starts a command again until its store is complete. Beside the API: it uses no farm.
steadfarm_layer(supervisor
  SOURCES
    runtime/supervisor/command.cpp
    runtime/supervisor/decision.cpp
    runtime/supervisor/host_book.cpp
    runtime/supervisor/host_evidence.cpp
    runtime/supervisor/host_lists.cpp
    runtime/supervisor/host_watch.cpp
    runtime/supervisor/inherited_signals.cpp
    runtime/supervisor/keeper.cpp
    runtime/supervisor/keeper_process.cpp
    runtime/supervisor/launch_line.cpp
    runtime/supervisor/patience.cpp
    runtime/supervisor/processes.cpp
    runtime/supervisor/short_command.cpp
    runtime/supervisor/signal_queue.cpp
    runtime/supervisor/supervisor.cpp
  PUBLIC steadfarm_driver)

# The command. Its target is steadfarm_cli, its file build/bin/steadfarm.
include(runtime/cmake/simulator.cmake)
add_executable(steadfarm_cli
  runtime/cli/clean.cpp
  runtime/cli/inspect.cpp
  runtime/cli/main.cpp
  runtime/cli/restore.cpp
  runtime/cli/result_text.cpp
  runtime/cli/results.cpp
  runtime/cli/run.cpp
  runtime/cli/simulate.cpp
  runtime/cli/verify.cpp
  runtime/cli/version.cpp)
target_include_directories(steadfarm_cli
  PRIVATE ${PROJECT_SOURCE_DIR}/runtime ${PROJECT_SOURCE_DIR})
target_compile_definitions(steadfarm_cli PRIVATE STEADFARM_VERSION="${PROJECT_VERSION}")
target_link_libraries(steadfarm_cli PRIVATE steadfarm_build_flags steadfarm_driver
  steadfarm_supervisor steadfarm_simulator steadfarm_checkpoint_hdf5
  CLI11::CLI11 nlohmann_json::nlohmann_json)
set_target_properties(steadfarm_cli PROPERTIES OUTPUT_NAME steadfarm)
