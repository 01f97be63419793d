# Tests of base, wire and core.
steadfarm_test(base_test
  SOURCES tests/unit/base/assert_test.cpp tests/unit/base/build_test.cpp
          tests/unit/base/digest_test.cpp
          tests/unit/base/error_test.cpp tests/unit/base/ids_test.cpp
          tests/unit/base/prng_test.cpp tests/unit/base/shared_value_test.cpp
  LINKS steadfarm_base
  LABELS unit)

steadfarm_test(wire_test
  SOURCES tests/unit/wire/batches_test.cpp tests/unit/wire/codec_test.cpp
          tests/unit/wire/format_test.cpp tests/unit/wire/messages_test.cpp
  LINKS steadfarm_wire
  LABELS unit)
target_compile_definitions(wire_test PRIVATE STEADFARM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")

steadfarm_test(core_test
  SOURCES tests/unit/core/action_test.cpp tests/unit/core/delta_log_test.cpp
          tests/unit/core/epochs_test.cpp tests/unit/core/interval_set_test.cpp
          tests/unit/core/interval_test.cpp
          tests/unit/core/key_index_test.cpp tests/unit/core/membership_test.cpp
          tests/unit/core/neighbours_test.cpp
          tests/unit/core/ordered_hold_test.cpp tests/unit/core/placed_queue_test.cpp
          tests/unit/core/policy/chunk_rule_test.cpp tests/unit/core/policy/factoring_test.cpp
          tests/unit/core/policy/guided_test.cpp tests/unit/core/policy/hash_ring_test.cpp
          tests/unit/core/policy/load_index_test.cpp tests/unit/core/policy/names_test.cpp
          tests/unit/core/policy/speeds_test.cpp tests/unit/core/policy/trapezoid_test.cpp
          tests/unit/core/by_rank_test.cpp
          tests/unit/core/policy_test.cpp tests/unit/core/rank_set_test.cpp
          tests/unit/core/ready_queue_test.cpp
          tests/unit/core/respawns_test.cpp
          tests/unit/core/saved_states_test.cpp tests/unit/core/shelf_test.cpp
          tests/unit/core/silence_test.cpp tests/unit/core/suspicion_test.cpp
          tests/unit/core/succession_test.cpp
          tests/unit/core/unit_table_test.cpp
          tests/unit/core/wall_time_test.cpp tests/unit/core/worker_shards_test.cpp
          tests/unit/core/worker_retention_test.cpp
  LINKS steadfarm_core
  LABELS unit)

steadfarm_test(core_master_test
  SOURCES tests/unit/core/master_answers_test.cpp
          tests/unit/core/master_blame_test.cpp tests/unit/core/master_dispatch_test.cpp
          tests/unit/core/master_epochs_test.cpp tests/unit/core/master_losses_test.cpp
          tests/unit/core/master_members_test.cpp tests/unit/core/master_policy_test.cpp
          tests/unit/core/master_recovery_test.cpp
          tests/unit/core/master_take_over_test.cpp
  LINKS steadfarm_core
  LABELS unit)

# A million steps each: not for the sanitizers.
steadfarm_test(core_attempts_test
  SOURCES tests/unit/core/master_attempts_test.cpp
  LINKS steadfarm_core
  LABELS core)

steadfarm_test(scenario_test
  SOURCES tests/scenarios/scenario_test.cpp tests/scenarios/runner/answers.cpp
          tests/scenarios/runner/machine_script.cpp tests/scenarios/runner/master_script.cpp
          tests/scenarios/runner/master_setup.cpp tests/scenarios/runner/print.cpp
          tests/scenarios/runner/script.cpp tests/scenarios/runner/worker_script.cpp
  LINKS steadfarm_core
  LABELS scenario)
target_include_directories(scenario_test PRIVATE tests/scenarios)
target_compile_definitions(scenario_test PRIVATE STEADFARM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")

steadfarm_test(decode_fuzz_test
  SOURCES tests/fuzz/decode_fuzz.cpp tests/fuzz/decode_fuzz_allocations.cpp
          tests/fuzz/decode_fuzz_test.cpp
  LINKS steadfarm_wire
  LABELS unit)
target_include_directories(decode_fuzz_test PRIVATE tests)
