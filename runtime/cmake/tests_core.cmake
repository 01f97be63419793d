# Tests of base, wire and core.
steadfarm_test(core_master_test
  SOURCES tests/unit/core/master_dispatch_test.cpp tests/unit/core/master_epochs_test.cpp
          tests/unit/core/master_members_test.cpp tests/unit/core/master_recovery_test.cpp
  LINKS steadfarm_core
  LABELS unit)
