# Helpers to declare targets. A layer's headers are found as "layer/file.hpp"; what a layer may
# include is what it links, and tests/tidy checks the include lines as well.

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
find_package(Threads REQUIRED)

add_library(steadfarm_build_flags INTERFACE)
target_compile_features(steadfarm_build_flags INTERFACE cxx_std_20)
target_compile_options(steadfarm_build_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
  -Woverloaded-virtual -Wnull-dereference -Wdouble-promotion -Wformat=2 -Wundef)
# GCC 12 sees overlaps in std::string concatenation that are not there (GCC bug 105651).
target_compile_options(steadfarm_build_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(STEADFARM_WERROR)
  target_compile_options(steadfarm_build_flags INTERFACE -Werror)
endif()
if(STEADFARM_SANITIZE)
  target_compile_options(steadfarm_build_flags INTERFACE
    -fsanitize=${STEADFARM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(steadfarm_build_flags INTERFACE -fsanitize=${STEADFARM_SANITIZE})
endif()
if(STEADFARM_COVERAGE)
  target_compile_options(steadfarm_build_flags INTERFACE --coverage)
  target_link_options(steadfarm_build_flags INTERFACE --coverage)
endif()

# steadfarm_layer(NAME SOURCES ... [PUBLIC libs] [PRIVATE libs]): target steadfarm_NAME.
function(steadfarm_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(steadfarm_${name} STATIC ${arg_SOURCES})
  add_library(steadfarm::${name} ALIAS steadfarm_${name})
  target_include_directories(steadfarm_${name}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/runtime/include>
           $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/runtime>
           $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_link_libraries(steadfarm_${name} PUBLIC ${arg_PUBLIC}
    PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:steadfarm_build_flags>)
  target_compile_features(steadfarm_${name} PUBLIC cxx_std_20)
endfunction()

# steadfarm_program(NAME SOURCES ... LINKS ...): an executable in bin/.
function(steadfarm_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINKS} steadfarm_build_flags)
endfunction()

# All test programs labelled `unit`: what the sanitizers run; and those of them that have threads,
# labelled `threads` as well: what ThreadSanitizer runs.
add_custom_target(steadfarm_unit_tests)
add_custom_target(steadfarm_threaded_tests)

# steadfarm_test(NAME SOURCES ... LINKS ... [LABELS ...] [TIMEOUT seconds]): a GoogleTest program,
# one ctest entry. The timeout only guards against hangs.
function(steadfarm_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINKS} GTest::gtest_main steadfarm_build_flags)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/runtime)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  # Most of the time of a test run went into optimising the tests themselves. The layers they test
  # are compiled as always.
  if(STEADFARM_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)
  else()
    target_compile_options(${name} PRIVATE -O1)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
  if("unit" IN_LIST arg_LABELS)
    add_dependencies(steadfarm_unit_tests ${name})
  endif()
  if("threads" IN_LIST arg_LABELS)
    add_dependencies(steadfarm_threaded_tests ${name})
  endif()
endfunction()

# steadfarm_script_test(NAME SCRIPT LABELS ... [TIMEOUT s] [PROCESSORS n] [ARGS ...]): a bash test.
# It gets the build folder in STEADFARM_BUILD, the source folder in STEADFARM_SOURCE, and in
# STEADFARM_MPIRUN what starts programs of the MPI that was built with.
function(steadfarm_script_test name script)
  cmake_parse_arguments(arg "" "TIMEOUT;PROCESSORS" "LABELS;ARGS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  if(NOT arg_PROCESSORS)
    set(arg_PROCESSORS 1)
  endif()
  add_test(NAME ${name} COMMAND bash ${PROJECT_SOURCE_DIR}/${script} ${arg_ARGS})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}"
    PROCESSORS ${arg_PROCESSORS}
    ENVIRONMENT "STEADFARM_BUILD=${CMAKE_BINARY_DIR};STEADFARM_SOURCE=${PROJECT_SOURCE_DIR};\
STEADFARM_MPIRUN=${MPIEXEC_EXECUTABLE}")
endfunction()
