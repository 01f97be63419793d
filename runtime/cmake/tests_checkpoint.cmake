# The store's tests. A made-up job that knows what must come back serves all of them.
steadfarm_layer(checkpoint_test_support
  SOURCES tests/unit/checkpoint/workload.cpp
  PUBLIC steadfarm_memory_file_system)

steadfarm_test(checkpoint_unit_test
  SOURCES tests/unit/checkpoint/compaction_policy_test.cpp
          tests/unit/checkpoint/compaction_test.cpp tests/unit/checkpoint/cut_test.cpp
          tests/unit/checkpoint/durable_file_test.cpp tests/unit/checkpoint/inspect_test.cpp
          tests/unit/checkpoint/job_record_test.cpp
          tests/unit/checkpoint/lacking_file_system_test.cpp
          tests/unit/checkpoint/live_keys_test.cpp
          tests/unit/checkpoint/manifest_test.cpp tests/unit/checkpoint/memory_file_system_test.cpp
          tests/unit/checkpoint/names_test.cpp tests/unit/checkpoint/order_checker_test.cpp
          tests/unit/checkpoint/os_error_test.cpp tests/unit/checkpoint/owned_store_test.cpp
          tests/unit/checkpoint/patience_test.cpp
          tests/unit/checkpoint/posix_file_system_test.cpp
          tests/unit/checkpoint/posix_sharing_test.cpp tests/unit/checkpoint/posix_sync_test.cpp
          tests/unit/checkpoint/publisher_test.cpp tests/unit/checkpoint/put_away_test.cpp
          tests/unit/checkpoint/read_ahead_test.cpp
          tests/unit/checkpoint/reader_test.cpp tests/unit/checkpoint/readers_test.cpp
          tests/unit/checkpoint/result_columns_test.cpp
          tests/unit/checkpoint/result_fields_test.cpp tests/unit/checkpoint/results_test.cpp
          tests/unit/checkpoint/retention_test.cpp tests/unit/checkpoint/segment_test.cpp
          tests/unit/checkpoint/shard_orphans_test.cpp
          tests/unit/checkpoint/shard_reader_test.cpp tests/unit/checkpoint/shard_writer_test.cpp
          tests/unit/checkpoint/store_test.cpp tests/unit/checkpoint/unreadable_files_test.cpp
          tests/unit/checkpoint/watched_folder_test.cpp
  LINKS steadfarm_checkpoint_test_support
  LABELS unit threads)

# With an operator new of its own, which fails.
steadfarm_test(checkpoint_memory_test
  SOURCES tests/unit/checkpoint/memory_runs_out_test.cpp
  LINKS steadfarm_checkpoint_test_support
  LABELS unit)

# Crafted stores, with the memory that reading them may take counted.
steadfarm_test(store_fuzz_test
  SOURCES tests/fuzz/store_fuzz_test.cpp tests/fuzz/store_fuzz_store.cpp
          tests/fuzz/decode_fuzz_allocations.cpp
  LINKS steadfarm_checkpoint_test_support
  LABELS unit)
target_include_directories(store_fuzz_test PRIVATE tests/fuzz)

# The wrapper of HDF5, with files that only the bare library makes.
steadfarm_test(checkpoint_hdf5_test
  SOURCES tests/unit/checkpoint/hdf5/image_test.cpp
  LINKS steadfarm_checkpoint_hdf5 steadfarm_hdf5_headers
  LABELS unit)

# Faults at every operation, crashes at every point, damage at every byte.
steadfarm_test(checkpoint_crash_test
  SOURCES tests/crash/counting_loop_test.cpp tests/crash/crash_point_test.cpp
          tests/crash/damage_test.cpp tests/crash/owners_test.cpp tests/crash/shards_test.cpp
          tests/crash/scenario.cpp tests/crash/unreadable_test.cpp
  LINKS steadfarm_checkpoint_test_support
  TIMEOUT 1200
  LABELS crash)

# Another language reads what we write, from FORMAT.md alone.
steadfarm_test(checkpoint_format_test
  SOURCES tests/unit/checkpoint/format_test.cpp
  LINKS steadfarm_checkpoint_test_support
  LABELS unit)
target_compile_definitions(checkpoint_format_test PRIVATE
  STEADFARM_TEST_SOURCE_DIR="${PROJECT_SOURCE_DIR}/tests/unit/checkpoint")
