if(TARGET steadfarm_uts)
  steadfarm_test(uts_test
    SOURCES tests/unit/examples/uts/sha1_test.cpp tests/unit/examples/uts/tree_test.cpp
            tests/unit/examples/uts/explore_test.cpp
    LINKS steadfarm_uts
    LABELS unit)
endif()

if(TARGET steadfarm_qap)
  steadfarm_test(qap_test
    SOURCES tests/unit/examples/qap/instance_test.cpp tests/unit/examples/qap/lap_test.cpp
            tests/unit/examples/qap/bound_test.cpp tests/unit/examples/qap/symmetry_test.cpp
            tests/unit/examples/qap/incumbent_test.cpp tests/unit/examples/qap/search_test.cpp
    LINKS steadfarm_qap
    LABELS unit)
  target_compile_definitions(qap_test PRIVATE
    STEADFARM_QAP_DATA="${PROJECT_SOURCE_DIR}/examples/qap/data")
endif()

if(TARGET steadfarm_ising)
  steadfarm_test(ising_test
    SOURCES tests/unit/examples/ising/exact_test.cpp tests/unit/examples/ising/lattice_test.cpp
            tests/unit/examples/ising/parameters_test.cpp
            tests/unit/examples/ising/simulation_test.cpp
    LINKS steadfarm_ising
    LABELS unit)
endif()

steadfarm_test(serialise_test
  SOURCES tests/unit/api/layout_test.cpp tests/unit/api/serialise_test.cpp
  LINKS steadfarm_base
  LABELS unit)
