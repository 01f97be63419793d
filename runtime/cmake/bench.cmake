# filled by its layer

steadfarm_program(bench_dispatch SOURCES tests/bench/bench_dispatch.cpp
  LINKS steadfarm::steadfarm CLI11::CLI11)
