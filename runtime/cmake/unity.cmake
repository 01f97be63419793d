# For STEADFARM_UNITY: sources whose local names clash with a neighbour's are compiled alone.
foreach(source IN ITEMS
    runtime/api/job.cpp runtime/api/take_over.cpp runtime/api/worker_side.cpp
    runtime/cli/simulate.cpp runtime/driver/shard_keeper.cpp runtime/supervisor/patience.cpp
    tests/fuzz/decode_fuzz_test.cpp tests/scenarios/runner/worker_script.cpp
    tests/unit/checkpoint/shard_reader_test.cpp tests/unit/checkpoint/shard_writer_test.cpp
    tests/unit/core/master_losses_test.cpp tests/unit/core/master_members_test.cpp
    tests/unit/core/policy/hash_ring_test.cpp tests/unit/driver/strangers_test.cpp
    tests/unit/transport/contract_flow.cpp)
  set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endforeach()
