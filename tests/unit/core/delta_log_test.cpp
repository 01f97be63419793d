#include "core/delta_log.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/prng.hpp"

namespace steadfarm::core {
namespace {

Bytes text(const std::string& s) {
  const auto* data = reinterpret_cast<const std::byte*>(s.data());
  return {data, data + s.size()};
}

UnitKey spawned(std::uint64_t i) { return child_key(UnitKey::index(0), i); }

struct Rig {
  UnitTable table;
  DeltaLog log{true, true};

  Slot add(std::uint64_t i, const std::string& payload = "p") {
    const Slot slot = table.add(spawned(i), text(payload), 0);
    log.touched(table.at(slot));
    return slot;
  }
  void take() { ASSERT_TRUE(log.take(table)); }
  void accept(Slot slot, const std::string& result = "r") {
    log.accepted(table.at(slot), text(result));
    table.remove(slot);
  }
};

TEST(DeltaLog, is_empty_until_something_changes) {
  Rig rig;
  EXPECT_TRUE(rig.log.empty());
  rig.log.changed();
  EXPECT_FALSE(rig.log.empty());
  rig.take();
  EXPECT_TRUE(rig.log.empty());
  EXPECT_TRUE(rig.log.in_flight());
  rig.log.durable();
  EXPECT_FALSE(rig.log.in_flight());
}

TEST(DeltaLog, carries_a_new_unit_once_with_its_history_as_of_now) {
  Rig rig;
  const Slot slot = rig.add(1, "payload");
  rig.table.at(slot).tries = 2;
  rig.log.touched(rig.table.at(slot));
  const auto delta = rig.log.take(rig.table);
  EXPECT_EQ(delta->added, (std::vector<UnitRecord>{{spawned(1), 0, 2, 0, text("payload")}}));
  EXPECT_TRUE(delta->removed.empty());
  rig.log.durable();
  EXPECT_TRUE(rig.log.take(rig.table)->added.empty());
}

TEST(DeltaLog, carries_the_hints_of_a_unit) {
  Rig rig;
  const UnitHints hints{1234, 56, false};
  const Slot slot = rig.table.add(spawned(1), {}, 0, hints);
  rig.log.touched(rig.table.at(slot));
  EXPECT_EQ(rig.log.take(rig.table)->added,
            (std::vector<UnitRecord>{{spawned(1), 0, 0, 0, {}, hints}}));
}

TEST(DeltaLog, carries_the_newest_state_of_a_unit_once) {
  Rig rig;
  SavedStates states(100);
  const auto bytes = [](const std::string& s) { return std::make_shared<const Bytes>(text(s)); };
  const Slot slot = rig.add(1);
  const auto save = [&](std::uint64_t sequence, const std::string& state) {
    LiveUnit& unit = rig.table.at(slot);
    ASSERT_EQ(states.keep(unit.saved, Attempt(1), sequence, bytes(state)),
              SavedStates::Kept::newer);
    rig.log.saved(unit);
  };
  save(1, "one");
  save(2, "two");
  const auto first = rig.log.take(rig.table);
  EXPECT_EQ(first->partials, (std::vector<PartialState>{{spawned(1), 2, bytes("two")}}));
  // A newer one while the older is being stored leaves that alone; if that fails, the newer is
  // carried next, once.
  save(3, "three");
  EXPECT_EQ(first->partials[0].view().size(), 3U);
  rig.log.not_durable(rig.table);
  const auto second = rig.log.take(rig.table);
  EXPECT_EQ(second->partials, (std::vector<PartialState>{{spawned(1), 3, bytes("three")}}));
  rig.log.durable();
  rig.log.changed();
  EXPECT_TRUE(rig.log.take(rig.table)->partials.empty());
  rig.log.durable();
  // Dropped, and told so.
  states.drop(*rig.table.at(slot).saved, Attempt(2));
  rig.log.saved(rig.table.at(slot));
  EXPECT_EQ(rig.log.take(rig.table)->partials,
            (std::vector<PartialState>{{spawned(1), 0, nullptr}}));
  rig.log.durable();
}

TEST(DeltaLog, does_not_speak_of_states_that_no_generation_can_hold) {
  Rig rig;
  SavedStates states(100);
  const auto save = [&](Slot slot) {
    LiveUnit& unit = rig.table.at(slot);
    static_cast<void>(states.keep(unit.saved, Attempt(1), 1, std::make_shared<const Bytes>(1)));
    rig.log.saved(unit);
  };
  const Slot accepted = rig.add(1);
  save(accepted);
  rig.log.accepted(rig.table.at(accepted), {});
  states.forget(rig.table.at(accepted).saved);
  rig.table.remove(accepted);
  const Slot dropped = rig.add(2);
  save(dropped);
  states.drop(*rig.table.at(dropped).saved, Attempt(2));
  rig.log.saved(rig.table.at(dropped));
  EXPECT_TRUE(rig.log.take(rig.table)->partials.empty());
  rig.log.durable();
}

TEST(DeltaLog, does_not_speak_of_a_unit_that_came_and_went_between_two_generations) {
  Rig rig;
  rig.accept(rig.add(1), "result");
  const auto delta = rig.log.take(rig.table);
  EXPECT_TRUE(delta->added.empty());
  EXPECT_TRUE(delta->removed.empty());
  ASSERT_EQ(delta->results.size(), 1U);
  EXPECT_EQ(delta->results.keys[0], spawned(1));
}

TEST(DeltaLog, removes_what_an_earlier_generation_has_added) {
  Rig rig;
  const Slot slot = rig.add(1);
  rig.take();
  rig.log.durable();
  rig.accept(slot);
  EXPECT_EQ(rig.log.take(rig.table)->removed, std::vector<UnitKey>{spawned(1)});
}

TEST(DeltaLog, never_lists_index_units_as_added_or_removed) {
  Rig rig;
  const Slot slot = rig.table.add(UnitKey::index(5), {}, 0);
  rig.log.touched(rig.table.at(slot));
  EXPECT_FALSE(rig.log.empty());
  rig.accept(slot);
  const auto delta = rig.log.take(rig.table);
  EXPECT_TRUE(delta->added.empty());
  EXPECT_TRUE(delta->removed.empty());
  EXPECT_EQ(delta->results.size(), 1U);
}

TEST(DeltaLog, carries_a_failed_unit_with_its_message) {
  Rig rig;
  const Slot slot = rig.add(1);
  rig.table.at(slot).tries = 3;
  rig.log.failed(rig.table.at(slot), "boom");
  rig.table.remove(slot);
  EXPECT_EQ(rig.log.take(rig.table)->failed, (std::vector<FailedUnit>{{spawned(1), 3, 0, "boom"}}));
}

TEST(DeltaLog, a_failed_flight_goes_into_the_next_one_before_what_came_later) {
  Rig rig;
  const Slot kept = rig.add(1);
  const Slot later = rig.add(2);
  rig.accept(rig.add(3), "early");
  const auto first = rig.log.take(rig.table);
  rig.accept(later, "late");
  rig.log.not_durable(rig.table);
  EXPECT_FALSE(rig.log.empty());
  EXPECT_FALSE(rig.log.in_flight());
  const auto second = rig.log.take(rig.table);
  ASSERT_EQ(second->added.size(), 1U);
  EXPECT_EQ(second->added[0].key, rig.table.at(kept).key);
  EXPECT_EQ(second->removed, std::vector<UnitKey>{spawned(2)});
  EXPECT_EQ(second->results.keys, (std::vector<UnitKey>{spawned(3), spawned(2)}));
  EXPECT_EQ(first->results.size(), 1U);  // the store may still be reading it
}

TEST(DeltaLog, keeps_no_results_where_none_are_wanted) {
  UnitTable table;
  DeltaLog log(true, false);
  const Slot slot = table.add(spawned(1), {}, 0);
  log.accepted(table.at(slot), text("result"));
  EXPECT_EQ(log.undurable_bytes(), 0U);
  EXPECT_EQ(log.take(table)->results.size(), 0U);
}

TEST(DeltaLog, lists_nothing_where_there_is_no_store) {
  UnitTable table;
  DeltaLog log(false, true);
  for (std::uint64_t i = 0; i < 100; ++i) {
    const Slot slot = table.add(spawned(i), {}, 0);
    log.touched(table.at(slot));
    if (i % 2 == 0) {
      log.accepted(table.at(slot), text("result"));
    } else {
      log.failed(table.at(slot), "boom");
    }
    table.remove(slot);
  }
  EXPECT_EQ(log.undurable_bytes(), 0U);
}

TEST(DeltaLog, counts_every_undurable_byte_in_flight_or_not) {
  Rig rig;
  rig.accept(rig.add(1), "0123456789");
  const std::uint64_t one = rig.log.undurable_bytes();
  EXPECT_GE(one, 10U + sizeof(UnitKey));
  rig.take();
  EXPECT_GE(rig.log.undurable_bytes(), 10U + sizeof(UnitKey));
  rig.accept(rig.add(2), "0123456789");
  EXPECT_GE(rig.log.undurable_bytes(), 2 * (10U + sizeof(UnitKey)));
  rig.log.not_durable(rig.table);
  EXPECT_GE(rig.log.undurable_bytes(), 2 * (10U + sizeof(UnitKey)));
  rig.take();
  rig.log.durable();
  EXPECT_EQ(rig.log.undurable_bytes(), 0U);
}

TEST(DeltaLog, counts_what_is_in_flight_with_the_payloads_it_copied) {
  Rig rig;
  rig.add(1, std::string(5'000, 'p'));
  EXPECT_LT(rig.log.undurable_bytes(), 5'000U);  // the table has it anyway
  rig.take();
  EXPECT_GE(rig.log.undurable_bytes(), 5'000U);
  rig.log.durable();
  EXPECT_EQ(rig.log.undurable_bytes(), 0U);
}

TEST(DeltaLog, counts_keys_too_because_a_search_tree_may_have_no_results) {
  UnitTable table;
  DeltaLog log(true, false);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const Slot slot = table.add(spawned(i), {}, 0);
    log.touched(table.at(slot));
    log.accepted(table.at(slot), {});
    table.remove(slot);
  }
  EXPECT_GE(log.undurable_bytes(), 1000 * sizeof(UnitKey));
}

TEST(DeltaLog, counts_the_messages_of_failed_units_in_flight_or_not) {
  Rig rig;
  const std::string message(4000, 'm');
  const Slot first = rig.add(1);
  rig.log.failed(rig.table.at(first), message);
  rig.table.remove(first);
  EXPECT_GE(rig.log.undurable_bytes(), 4000U);
  rig.take();
  EXPECT_GE(rig.log.undurable_bytes(), 4000U);
  const Slot second = rig.add(2);
  rig.log.failed(rig.table.at(second), message);
  rig.table.remove(second);
  EXPECT_GE(rig.log.undurable_bytes(), 8000U);
  rig.log.not_durable(rig.table);
  EXPECT_GE(rig.log.undurable_bytes(), 8000U);
  EXPECT_LT(rig.log.undurable_bytes(), 12000U);  // each once
  rig.take();
  rig.log.durable();
  EXPECT_EQ(rig.log.undurable_bytes(), 0U);
}

// The store: what it holds after each durable delta must be the table as it was when the delta was
// taken, and every result exactly once.
struct Model {
  std::map<UnitKey, UnitRecord> units;
  std::map<UnitKey, int> results;
  std::map<UnitKey, int> failed;

  void apply(const GenerationDelta& delta) {
    for (const UnitKey& key : delta.removed) units.erase(key);
    for (const UnitRecord& record : delta.added) units[record.key] = record;
    for (const UnitKey& key : delta.results.keys) ++results[key];
    for (const FailedUnit& unit : delta.failed) ++failed[unit.key];
  }
};

TEST(DeltaLog, loses_and_doubles_nothing_whatever_fails_in_between) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Prng prng(seed);
    Rig rig;
    Model store;
    Model now;    // what should be in the store if it were written now
    Model taken;  // the same when the delta in flight was taken
    std::shared_ptr<GenerationDelta> flight;
    std::vector<std::uint64_t> live;
    std::uint64_t next = 0;
    for (int step = 0; step < 200; ++step) {
      const std::uint64_t what = prng.below(8);
      if (what < 3 || live.empty()) {
        live.push_back(next);
        rig.add(next, "p" + std::to_string(next));
        now.units[spawned(next)] = {spawned(next), 0, 0, 0, text("p" + std::to_string(next))};
        ++next;
      } else if (what < 6) {
        const std::size_t at = prng.below(live.size());
        const Slot slot = rig.table.find(spawned(live[at]));
        const UnitKey key = spawned(live[at]);
        if (what == 3) {
          ++rig.table.at(slot).tries;
          rig.log.touched(rig.table.at(slot));
          ++now.units[key].tries;
          continue;
        }
        if (what == 4) {
          ++now.results[key];
          rig.log.accepted(rig.table.at(slot), text("r"));
        } else {
          ++now.failed[key];
          rig.log.failed(rig.table.at(slot), "f");
        }
        rig.table.remove(slot);
        now.units.erase(key);
        live.erase(live.begin() + static_cast<std::ptrdiff_t>(at));
      } else if (!flight) {
        flight = rig.log.take(rig.table);
        taken = now;
      } else if (prng.chance(0.5)) {
        store.apply(*flight);
        flight.reset();
        rig.log.durable();
        ASSERT_EQ(store.units, taken.units) << "seed " << seed << " step " << step;
        ASSERT_EQ(store.results, taken.results) << "seed " << seed << " step " << step;
        ASSERT_EQ(store.failed, taken.failed) << "seed " << seed << " step " << step;
      } else {
        flight.reset();
        rig.log.not_durable(rig.table);
      }
    }
  }
}

}  // namespace
}  // namespace steadfarm::core
