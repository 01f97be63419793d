# The store. HDF5 stays inside checkpoint/hdf5: only that target sees its headers, as system ones.
set(HDF5_PREFER_PARALLEL OFF)
find_package(HDF5 REQUIRED COMPONENTS C)

add_library(steadfarm_hdf5_headers INTERFACE)
target_include_directories(steadfarm_hdf5_headers SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_compile_definitions(steadfarm_hdf5_headers INTERFACE ${HDF5_C_DEFINITIONS})
target_link_libraries(steadfarm_hdf5_headers INTERFACE ${HDF5_C_LIBRARIES})

steadfarm_layer(checkpoint_hdf5
  SOURCES checkpoint/file_image.cpp checkpoint/hdf5/handle.cpp
          checkpoint/hdf5/image_reader.cpp checkpoint/hdf5/image_writer.cpp
          checkpoint/hdf5/object.cpp checkpoint/hdf5/sparse_file.cpp
          checkpoint/hdf5/structure.cpp checkpoint/hdf5/version.cpp
  PUBLIC steadfarm_base
  PRIVATE steadfarm_hdf5_headers)

steadfarm_layer(checkpoint
  SOURCES checkpoint/browse.cpp checkpoint/compaction.cpp
          checkpoint/compaction_policy.cpp checkpoint/cut.cpp
          checkpoint/durable_file.cpp checkpoint/examine.cpp
          checkpoint/housekeeping.cpp checkpoint/inspect.cpp
          checkpoint/job_record.cpp checkpoint/live_keys.cpp checkpoint/manifest.cpp
          checkpoint/names.cpp checkpoint/open.cpp checkpoint/os_error.cpp
          checkpoint/owned_store.cpp checkpoint/patience.cpp
          checkpoint/posix_errors.cpp checkpoint/posix_file_system.cpp
          checkpoint/posix_files.cpp checkpoint/posix_folder.cpp checkpoint/publisher.cpp
          checkpoint/put_away.cpp
          checkpoint/read_ahead.cpp checkpoint/reader.cpp
          checkpoint/replay.cpp checkpoint/result_columns.cpp checkpoint/result_fields.cpp
          checkpoint/result_table.cpp checkpoint/results.cpp
          checkpoint/retention.cpp checkpoint/segment_reader.cpp
          checkpoint/shard_reader.cpp checkpoint/shard_writer.cpp
          checkpoint/segment_writer.cpp checkpoint/sharing.cpp checkpoint/survey.cpp
          checkpoint/verified_file.cpp checkpoint/verify.cpp checkpoint/watched_folder.cpp
  PUBLIC steadfarm_core
  PRIVATE steadfarm_checkpoint_hdf5 Threads::Threads)

# For tests and for the simulation: the same port in memory, with faults and crashes.
steadfarm_layer(memory_file_system
  SOURCES checkpoint/memory_disk.cpp checkpoint/memory_faults.cpp
          checkpoint/memory_file_system.cpp checkpoint/order_checker.cpp
          checkpoint/plain_codec.cpp checkpoint/unreadable_files.cpp
  PUBLIC steadfarm_checkpoint)
