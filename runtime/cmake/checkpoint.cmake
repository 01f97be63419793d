# The store. HDF5 stays inside checkpoint/hdf5: only that target sees its headers, as system ones.
set(HDF5_PREFER_PARALLEL OFF)
find_package(HDF5 REQUIRED COMPONENTS C)

add_library(steadfarm_hdf5_headers INTERFACE)
target_include_directories(steadfarm_hdf5_headers SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_compile_definitions(steadfarm_hdf5_headers INTERFACE ${HDF5_C_DEFINITIONS})
target_link_libraries(steadfarm_hdf5_headers INTERFACE ${HDF5_C_LIBRARIES})

steadfarm_layer(checkpoint_hdf5
  SOURCES checkpoint/hdf5/handle.cpp checkpoint/hdf5/image_reader.cpp
          checkpoint/hdf5/image_writer.cpp
  PUBLIC steadfarm_base
  PRIVATE steadfarm_hdf5_headers)

steadfarm_layer(checkpoint
  SOURCES checkpoint/manifest.cpp checkpoint/names.cpp checkpoint/os_error.cpp
          checkpoint/posix_file_system.cpp checkpoint/segment_reader.cpp
          checkpoint/segment_writer.cpp
  PUBLIC steadfarm_core
  PRIVATE steadfarm_checkpoint_hdf5)
