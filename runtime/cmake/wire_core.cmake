# wire and core: pure. They link base only, so neither MPI nor HDF5 can be reached from here.
steadfarm_layer(core
  SOURCES runtime/core/interval_set.cpp runtime/core/generation.cpp
  PUBLIC steadfarm_base)
