# The style as tests, and the checks of headers.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_test(NAME tidy_tree COMMAND ${Python3_EXECUTABLE} tests/tidy/tidy.py ${PROJECT_SOURCE_DIR}
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
add_test(NAME tidy_rules COMMAND ${Python3_EXECUTABLE} tests/tidy/tidy_test.py
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(tidy_tree tidy_rules PROPERTIES LABELS tidy TIMEOUT 120
  ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
steadfarm_script_test(tidy_format tests/tidy/format_test.sh LABELS tidy TIMEOUT 600)
steadfarm_script_test(tidy_shell tests/tidy/shell_test.sh LABELS tidy TIMEOUT 600)
set_tests_properties(tidy_format tidy_shell PROPERTIES SKIP_RETURN_CODE 77)
steadfarm_script_test(jobs_library tests/lib/jobs_test.sh LABELS scripts TIMEOUT 120)
steadfarm_script_test(nightly tests/lib/nightly_test.sh LABELS scripts TIMEOUT 300)

# Every public header compiles alone. One source a header, made here.
file(GLOB public_headers CONFIGURE_DEPENDS
  RELATIVE ${PROJECT_SOURCE_DIR}/runtime/include
  ${PROJECT_SOURCE_DIR}/runtime/include/steadfarm/*.hpp
  ${PROJECT_SOURCE_DIR}/runtime/include/steadfarm/*.h)
set(header_sources)
foreach(header IN LISTS public_headers)
  string(REGEX REPLACE "[^a-zA-Z0-9]" "_" stem ${header})
  if(header MATCHES "\\.h$")
    list(APPEND extensions_${stem} c cpp)  # the C API is used from both
  else()
    list(APPEND extensions_${stem} cpp)
  endif()
  foreach(extension IN LISTS extensions_${stem})
    set(source ${CMAKE_BINARY_DIR}/header_check/${stem}.${extension})
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
    list(APPEND header_sources ${source})
  endforeach()
endforeach()
# Only what an outside user gets: no internal folder, no MPI, no HDF5.
add_library(steadfarm_header_check OBJECT ${header_sources})
set_target_properties(steadfarm_header_check PROPERTIES UNITY_BUILD OFF)
target_include_directories(steadfarm_header_check PRIVATE ${PROJECT_SOURCE_DIR}/runtime/include)
target_compile_features(steadfarm_header_check PRIVATE cxx_std_20)
target_compile_options(steadfarm_header_check PRIVATE -Wall -Wextra -Wpedantic -Werror)
