# The algorithms of the example programs: libraries that know nothing of farms or MPI, so that they
# can be tested and run serially.
if(STEADFARM_BUILD_EXAMPLES)
  steadfarm_layer(uts
    SOURCES examples/uts/sha1.cpp examples/uts/tree.cpp examples/uts/explore.cpp
    PUBLIC steadfarm_base)
  # Hashing many children at once, on processors that can; chosen while the program runs.
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_sources(steadfarm_uts PRIVATE examples/uts/sha1_avx2.cpp)
    set_source_files_properties(examples/uts/sha1_avx2.cpp PROPERTIES COMPILE_OPTIONS -mavx2)
    target_compile_definitions(steadfarm_uts PRIVATE STEADFARM_UTS_AVX2)
  endif()

  steadfarm_layer(qap
    SOURCES examples/qap/fields.cpp examples/qap/instance.cpp examples/qap/lap.cpp
            examples/qap/bound.cpp examples/qap/symmetry.cpp examples/qap/incumbent.cpp
            examples/qap/search.cpp
    PUBLIC steadfarm_base)

  steadfarm_layer(ising
    SOURCES examples/ising/exact.cpp examples/ising/lattice.cpp examples/ising/parameters.cpp
            examples/ising/simulation.cpp
    PUBLIC steadfarm_base)

  # The programs: a farm around each algorithm.
  steadfarm_program(uts SOURCES examples/uts/main.cpp
    LINKS steadfarm::steadfarm steadfarm_uts CLI11::CLI11)
  steadfarm_program(qap SOURCES examples/qap/main.cpp
    LINKS steadfarm::steadfarm steadfarm_qap CLI11::CLI11)
  steadfarm_program(ising SOURCES examples/ising/main.cpp
    LINKS steadfarm::steadfarm steadfarm_ising CLI11::CLI11)
  steadfarm_program(hello SOURCES examples/hello/hello.cpp LINKS steadfarm::steadfarm)
endif()
