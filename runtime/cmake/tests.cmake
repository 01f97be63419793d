# One line a test program; the sources mirror the tree under test.
include(runtime/cmake/tests_core.cmake)
include(runtime/cmake/tests_checkpoint.cmake)
include(runtime/cmake/tests_transport.cmake)
include(runtime/cmake/tests_examples.cmake)
include(runtime/cmake/tests_sim.cmake)
include(runtime/cmake/tests_scripts.cmake)
include(runtime/cmake/tests_api.cmake)
include(runtime/cmake/tests_faults.cmake)
