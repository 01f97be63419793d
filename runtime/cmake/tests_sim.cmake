# The seeded simulation, and the proof that it bites.
include(runtime/cmake/simulator.cmake)

add_executable(simulator tests/sim/sim_main.cpp)
target_link_libraries(simulator PRIVATE steadfarm_simulator steadfarm_build_flags)
set_target_properties(simulator PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)

# Fresh seeds at every run; STEADFARM_SIM_SEED repeats one.
add_test(NAME sim_fresh COMMAND simulator --fresh 1000 --keep-going)
add_test(NAME sim_regress
  COMMAND simulator --file ${PROJECT_SOURCE_DIR}/tests/sim/seeds/regress.txt)
# A seed whose job has no end in sight fails by its number.
add_test(NAME sim_bounded COMMAND simulator --seeds 1 --base 3 events_max=500)
set_tests_properties(sim_bounded PROPERTIES LABELS sim TIMEOUT 60
  PASS_REGULAR_EXPRESSION "seed 3: exit 72, more than 500 events: ")
set_tests_properties(sim_fresh PROPERTIES LABELS sim TIMEOUT 1800)
set_tests_properties(sim_regress PROPERTIES LABELS sim TIMEOUT 600)

add_library(steadfarm_canary_main OBJECT EXCLUDE_FROM_ALL tests/sim/sim_main.cpp)
target_link_libraries(steadfarm_canary_main PRIVATE steadfarm_simulator)

# steadfarm_canary(NAME FILE): canary_NAME, a simulator with canaries/NAME.patch in FILE. The
# patched object is linked before the libraries, so that it takes the place of the sound one.
function(steadfarm_canary name file)
  set(scratch ${CMAKE_BINARY_DIR}/canaries/${name})
  set(patch ${PROJECT_SOURCE_DIR}/tests/sim/canaries/${name}.patch)
  set(apply ${PROJECT_SOURCE_DIR}/tests/sim/canaries/apply.cmake)
  add_custom_command(OUTPUT ${scratch}/${file}
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DFILE=${file} -DPATCH=${patch}
            -DOUT=${scratch} -P ${apply}
    DEPENDS ${PROJECT_SOURCE_DIR}/${file} ${patch} ${apply} VERBATIM)
  # An object of its own, in its library too, or there is nothing to take the place of.
  set_source_files_properties(${file} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  add_executable(canary_${name} EXCLUDE_FROM_ALL ${scratch}/${file})
  target_link_libraries(canary_${name} PRIVATE steadfarm_canary_main steadfarm_simulator)
  set_target_properties(canary_${name} PROPERTIES UNITY_BUILD OFF
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endfunction()

steadfarm_canary(answer_after_leave runtime/worker/verdict.cpp)
steadfarm_canary(answer_before_durable checkpoint/shard_writer.cpp)
steadfarm_canary(remove_named_shards checkpoint/housekeeping.cpp)
steadfarm_canary(deaf_to_shards runtime/driver/worker_driver.cpp)
steadfarm_canary(accept_tidied_shard runtime/core/master_answers.cpp)
steadfarm_canary(keep_orphans_at_the_end checkpoint/owned_store.cpp)
steadfarm_canary(keep_orphans_of_earlier_owners checkpoint/housekeeping.cpp)
steadfarm_canary(accept_orphan runtime/core/master_take_over.cpp)
steadfarm_canary(count_handed_in_twice runtime/core/master_take_over.cpp)
steadfarm_canary(hand_in_without_bound runtime/core/master_take_over.cpp)
steadfarm_canary(accept_twice runtime/core/master_answers.cpp)
steadfarm_canary(believe_every_word runtime/core/neighbours.cpp)
steadfarm_canary(commit_before_durable runtime/core/master_epochs.cpp)
steadfarm_canary(count_late_failure runtime/core/master_answers.cpp)
steadfarm_canary(double_unrepeatable runtime/core/master_tail.cpp)
steadfarm_canary(drop_failed_delta runtime/core/delta_log.cpp)
steadfarm_canary(fold_of_last_time runtime/driver/master_driver.cpp)
steadfarm_canary(forget_dead_helper runtime/core/master_members.cpp)
steadfarm_canary(forget_held runtime/core/master.cpp)
steadfarm_canary(forget_own_bound runtime/core/worker.cpp)
steadfarm_canary(forget_removed runtime/core/delta_log.cpp)
steadfarm_canary(forget_saved_on_requeue runtime/core/master_dispatch.cpp)
steadfarm_canary(forget_shared runtime/core/master_epochs.cpp)
steadfarm_canary(ignore_fence runtime/core/master_epochs.cpp)
steadfarm_canary(lose_the_irregular runtime/core/membership.cpp)
steadfarm_canary(mix_up_saved runtime/core/worker.cpp)
steadfarm_canary(never_resend runtime/core/worker.cpp)
steadfarm_canary(forget_requeue runtime/core/master_members.cpp)
steadfarm_canary(publish_over_rival checkpoint/owned_store.cpp)
steadfarm_canary(send_to_suspected runtime/core/master.cpp)
steadfarm_canary(replace_the_living runtime/core/respawns.cpp)
steadfarm_canary(skip_fsync checkpoint/durable_file.cpp)
steadfarm_canary(suspect_after_sleep runtime/core/membership.cpp)
steadfarm_canary(go_back_when_unreadable checkpoint/survey.cpp)
steadfarm_canary(do_not_wait_for_the_missing checkpoint/patience.cpp)
steadfarm_canary(move_named_file checkpoint/housekeeping.cpp)
steadfarm_canary(leave_a_gap_below_the_newest checkpoint/retention.cpp)
steadfarm_canary(take_back_everything runtime/core/worker.cpp)
steadfarm_script_test(sim_canaries tests/sim/canaries.sh LABELS sim TIMEOUT 3600)
