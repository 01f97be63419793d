# Tests of the public API and of the command.
add_executable(farm_in_application tests/mpi/farm_in_application.cpp)
target_link_libraries(farm_in_application PRIVATE steadfarm::steadfarm MPI::MPI_C
  steadfarm_build_flags)
target_compile_definitions(farm_in_application PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
set_target_properties(farm_in_application PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
foreach(level single funneled serialized multiple)
  steadfarm_mpi_test(farm_in_application_${level} PROGRAM farm_in_application RANKS 4
    ARGS ${level} LABELS api)
endforeach()

steadfarm_test(qap_shared_incumbent_test
  SOURCES tests/unit/examples/qap/shared_incumbent_test.cpp
  LINKS steadfarm_driver steadfarm_qap LABELS unit examples)
target_compile_definitions(qap_shared_incumbent_test PRIVATE
  STEADFARM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")

steadfarm_test(driver_test
  SOURCES tests/unit/driver/event_log_test.cpp tests/unit/driver/generation_writer_test.cpp
          tests/unit/driver/heartbeat_test.cpp
          tests/unit/driver/idle_test.cpp tests/unit/driver/life_sign_test.cpp
          tests/unit/driver/master_driver_test.cpp tests/unit/driver/own_program_test.cpp
          tests/unit/driver/paths_test.cpp
          tests/unit/driver/progress_line_test.cpp tests/unit/driver/shard_keeper_test.cpp
          tests/unit/driver/signals_test.cpp tests/unit/driver/strangers_test.cpp
          tests/unit/driver/process_watch_test.cpp tests/unit/driver/unit_guard_test.cpp
          tests/unit/driver/worker_driver_test.cpp tests/unit/worker/function_executor_test.cpp
  LINKS steadfarm_driver steadfarm_memory_file_system
  LABELS unit threads)

steadfarm_test(api_test
  SOURCES tests/unit/api/command_line_test.cpp tests/unit/api/deadline_test.cpp
          tests/unit/api/folds_test.cpp
          tests/unit/api/job_test.cpp tests/unit/api/loss_report_test.cpp
          tests/unit/api/master_works_test.cpp tests/unit/api/outcome_test.cpp
          tests/unit/api/paths_test.cpp
          tests/unit/api/run_test.cpp tests/unit/api/store_opening_test.cpp
          tests/unit/api/store_results_test.cpp
          tests/unit/api/submitted_units_test.cpp tests/unit/api/unit_hints_test.cpp
          tests/unit/api/terminate_watch_test.cpp tests/unit/api/worker_side_test.cpp
  LINKS steadfarm::steadfarm steadfarm_driver CLI11::CLI11 nlohmann_json::nlohmann_json
  LABELS unit threads)
steadfarm_test(recovered_memory_test
  SOURCES tests/unit/api/recovered_memory_test.cpp
  LINKS steadfarm::steadfarm steadfarm_driver
  LABELS unit)
steadfarm_test(api_stop_test
  SOURCES tests/unit/api/stop_test.cpp
  LINKS steadfarm::steadfarm steadfarm_driver
  LABELS unit threads)

add_executable(farm_contract tests/mpi/farm_contract.cpp)
target_link_libraries(farm_contract PRIVATE steadfarm::steadfarm MPI::MPI_C steadfarm_build_flags)
target_compile_definitions(farm_contract PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
set_target_properties(farm_contract PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
steadfarm_mpi_test(farm_contract PROGRAM farm_contract RANKS 1 3 LABELS api)

add_executable(farms_in_a_row tests/mpi/farms_in_a_row.cpp)
target_link_libraries(farms_in_a_row PRIVATE steadfarm::steadfarm MPI::MPI_C steadfarm_build_flags)
target_compile_definitions(farms_in_a_row PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
set_target_properties(farms_in_a_row PROPERTIES
  RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
steadfarm_script_test(farms_in_a_row tests/mpi/farms_in_a_row.sh
  LABELS mpi api TIMEOUT 600 PROCESSORS 2)

steadfarm_test(supervisor_test
  SOURCES tests/unit/supervisor/command_test.cpp tests/unit/supervisor/decision_test.cpp
          tests/unit/supervisor/host_book_test.cpp tests/unit/supervisor/host_evidence_test.cpp
          tests/unit/supervisor/host_lists_test.cpp
          tests/unit/supervisor/keeper_test.cpp tests/unit/supervisor/launch_line_test.cpp
          tests/unit/supervisor/patience_test.cpp tests/unit/supervisor/processes_test.cpp
          tests/unit/supervisor/short_command_test.cpp
          tests/unit/supervisor/inherited_signals_test.cpp
          tests/unit/supervisor/signal_queue_test.cpp
  LINKS steadfarm_supervisor
  LABELS unit threads)
