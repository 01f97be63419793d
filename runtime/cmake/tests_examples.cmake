if(TARGET steadfarm_uts)
  steadfarm_test(uts_test
    SOURCES tests/unit/examples/uts/sha1_test.cpp tests/unit/examples/uts/tree_test.cpp
            tests/unit/examples/uts/explore_test.cpp
    LINKS steadfarm_uts
    LABELS unit)
endif()
