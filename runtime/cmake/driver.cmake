# The executors, the loops, and the public library.
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)

steadfarm_layer(worker
  SOURCES runtime/worker/function_executor.cpp
  PUBLIC steadfarm_core)

steadfarm_layer(driver
  SOURCES
    runtime/driver/event_log.cpp
    runtime/driver/heartbeat.cpp
    runtime/driver/idle.cpp
    runtime/driver/master_driver.cpp
    runtime/driver/progress_line.cpp
    runtime/driver/signals.cpp
    runtime/driver/worker_driver.cpp
  PUBLIC steadfarm_core steadfarm_transport steadfarm_worker steadfarm_checkpoint
         nlohmann_json::nlohmann_json Threads::Threads)
