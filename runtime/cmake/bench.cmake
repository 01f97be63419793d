# Benchmarks: dispatch under mpirun, and the layers without MPI.
steadfarm_program(bench_dispatch SOURCES tests/bench/bench_dispatch.cpp
  LINKS steadfarm::steadfarm CLI11::CLI11)

steadfarm_program(bench_store SOURCES tests/bench/bench_store.cpp
  LINKS steadfarm_checkpoint CLI11::CLI11)

# The same loop over bare MPI, to measure against in the same run.
steadfarm_program(raw_mpi_loop SOURCES tests/bench/raw_mpi_loop.cpp LINKS MPI::MPI_C CLI11::CLI11)
target_compile_definitions(raw_mpi_loop PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)

# Policies compared in simulated time; its tables are in docs/policies.md.
steadfarm_program(compare_policies
  SOURCES tests/bench/compare_policies.cpp tests/bench/simulated_farm.cpp
  LINKS steadfarm_core CLI11::CLI11)
if(STEADFARM_BUILD_TESTS)
  add_test(NAME compare_policies
    COMMAND compare_policies --check ${PROJECT_SOURCE_DIR}/docs/policies.md)
  set_tests_properties(compare_policies PROPERTIES TIMEOUT 300 LABELS bench)
endif()

# The programs that a user builds do without Google Benchmark.
find_package(benchmark QUIET)
if(benchmark_FOUND)
  steadfarm_program(bench_layers SOURCES tests/bench/bench_layers.cpp
    LINKS steadfarm_checkpoint benchmark::benchmark)
  if(STEADFARM_BUILD_TESTS)
    # Figures come from a longer run; this one shows that every case still works.
    add_test(NAME bench_layers_work COMMAND bench_layers --benchmark_min_time=0.001)
    set_tests_properties(bench_layers_work PROPERTIES
      FAIL_REGULAR_EXPRESSION "ERROR" TIMEOUT 300 LABELS bench)
  endif()
endif()
