# filled by its layer

steadfarm_program(bench_dispatch SOURCES tests/bench/bench_dispatch.cpp
  LINKS steadfarm::steadfarm CLI11::CLI11)

# The same loop over bare MPI, to measure against in the same run.
steadfarm_program(raw_mpi_loop SOURCES tests/bench/raw_mpi_loop.cpp LINKS MPI::MPI_C CLI11::CLI11)
target_compile_definitions(raw_mpi_loop PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
