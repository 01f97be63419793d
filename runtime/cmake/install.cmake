# What `cmake --install` puts where: the public headers, one library, the command, and a package
# that find_package(steadfarm CONFIG) finds.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The layers are one archive for those who use it. A layer that is missing here shows as undefined
# symbols in tests/install.
set(steadfarm_objects)
foreach(layer base wire core checkpoint_hdf5 checkpoint transport worker driver)
  list(APPEND steadfarm_objects $<TARGET_OBJECTS:steadfarm_${layer}>)
endforeach()
add_library(steadfarm_whole STATIC $<TARGET_OBJECTS:steadfarm> ${steadfarm_objects})
set_target_properties(steadfarm_whole PROPERTIES
  EXPORT_NAME steadfarm OUTPUT_NAME steadfarm LINKER_LANGUAGE CXX
  ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/whole)
target_compile_features(steadfarm_whole PUBLIC cxx_std_20)
# What a program that links the archive needs as well; none of their headers.
target_link_libraries(steadfarm_whole
  PRIVATE MPI::MPI_C hdf5::hdf5 PkgConfig::XXHASH Threads::Threads)
if(STEADFARM_SANITIZE)
  target_link_options(steadfarm_whole INTERFACE -fsanitize=${STEADFARM_SANITIZE})
endif()
if(STEADFARM_COVERAGE)
  target_link_options(steadfarm_whole INTERFACE --coverage)
endif()

set(steadfarm_package ${CMAKE_INSTALL_LIBDIR}/cmake/steadfarm)
install(TARGETS steadfarm_whole EXPORT steadfarmTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS steadfarm_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
install(EXPORT steadfarmTargets NAMESPACE steadfarm:: DESTINATION ${steadfarm_package})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

get_filename_component(STEADFARM_MPI_COMPILER "${MPI_C_COMPILER}" PROGRAM)
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/runtime/cmake/steadfarmConfig.cmake.in
  ${CMAKE_BINARY_DIR}/package/steadfarmConfig.cmake
  INSTALL_DESTINATION ${steadfarm_package})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/steadfarmConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_BINARY_DIR}/package/steadfarmConfig.cmake
  ${CMAKE_BINARY_DIR}/package/steadfarmConfigVersion.cmake
  DESTINATION ${steadfarm_package})
