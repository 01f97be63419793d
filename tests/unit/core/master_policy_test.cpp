#include <gtest/gtest.h>

#include <map>
#include <set>

#include "master_rig.hpp"

namespace steadfarm::core::test {
namespace {

constexpr std::int32_t kWorkers = 5;
constexpr std::uint64_t kKeys = 60;

class Keys : public HintSource {
 public:
  [[nodiscard]] UnitHints hints(std::uint64_t index) const override {
    UnitHints hints;
    hints.affinity = 1 + index % kKeys;
    return hints;
  }
};

/// Who gets which units: workers that answer what they hold, one after the other.
class Play {
 public:
  Play(PolicyKind kind, std::uint64_t units) : rig_(options(kind), index_units(units), kWorkers) {
    rig_.step(0, Started{});
    for (std::int32_t rank = 1; rank <= kWorkers; ++rank) {
      rig_.hello(0, rank);
      collect();
    }
  }

  void lose(std::int32_t rank) {
    rig_.step(now_, PeerLost{Rank(rank), "killed"});
    held_.erase(rank);
    gone_.insert(rank);
    collect();
  }

  // Every worker answers all it holds and asks again.
  void round() {
    for (std::int32_t rank = 1; rank <= kWorkers; ++rank) {
      if (gone_.count(rank) > 0) continue;
      std::vector<wire::AnswerView> answers;
      for (const auto& [unit, attempt] : held_[rank]) {
        answers.push_back(done(UnitKey::index(unit), attempt));
      }
      held_[rank].clear();
      wire::Report report;
      report.report_seq = ++seq_;
      report.assigns_seen = seen_[rank];
      report.unacked = 1;
      report.idle = true;
      rig_.report(++now_, rank, 1, report, answers);
      collect();
    }
  }

  [[nodiscard]] const std::map<std::int32_t, std::set<std::uint64_t>>& given() const {
    return given_;
  }
  [[nodiscard]] Progress progress() { return rig_.master().progress(); }

 private:
  static MasterOptions options(PolicyKind kind) {
    MasterOptions options;
    options.policy.kind = kind;
    return options;
  }
  IndexUnits index_units(std::uint64_t count) { return {count, {}, nullptr, &keys_}; }

  void collect() {
    for (std::int32_t rank = 1; rank <= kWorkers; ++rank) {
      for (const wire::Assign& assign : rig_.sent<wire::Assign>(rank)) {
        seen_[rank] = assign.assign_seq;
        for (const auto& run : assign.units.runs) {
          for (std::uint64_t i = run.begin; i < run.begin + run.count; ++i) {
            held_[rank].emplace_back(i, run.attempt.value);
            given_[rank].insert(i);
          }
        }
      }
    }
  }

  Keys keys_;
  MasterRig rig_;
  TimeUs now_ = 0;
  std::uint32_t seq_ = 0;
  std::map<std::int32_t, std::uint32_t> seen_;
  std::map<std::int32_t, std::vector<std::pair<std::uint64_t, std::uint32_t>>> held_;
  std::map<std::int32_t, std::set<std::uint64_t>> given_;
  std::set<std::int32_t> gone_;
};

std::map<std::uint64_t, std::set<std::int32_t>> owners(const Play& play) {
  std::map<std::uint64_t, std::set<std::int32_t>> out;
  for (const auto& [rank, units] : play.given()) {
    for (const std::uint64_t unit : units) out[unit % kKeys].insert(rank);
  }
  return out;
}

TEST(MasterPolicy, affinity_gives_a_key_to_one_worker_while_loads_allow) {
  Play play(PolicyKind::affinity, 1200);
  for (int round = 0; round < 100; ++round) play.round();
  std::size_t split = 0;
  for (const auto& [key, workers] : owners(play)) split += workers.size() > 1 ? 1 : 0;
  EXPECT_LE(split, kWorkers);
}

// The promise of consistent hashing, through the whole machine: a worker is killed, its keys go to
// the others, and every other key stays where it was.
TEST(MasterPolicy, affinity_moves_only_the_keys_of_a_worker_that_is_killed) {
  for (std::int32_t killed = 1; killed <= kWorkers; ++killed) {
    Play calm(PolicyKind::affinity, 1200);
    Play hit(PolicyKind::affinity, 1200);
    for (int round = 0; round < 150; ++round) calm.round();
    for (int round = 0; round < 10; ++round) hit.round();
    hit.lose(killed);
    for (int round = 0; round < 100; ++round) hit.round();
    const auto before = owners(calm);
    std::size_t moved = 0;
    for (const auto& [key, workers] : owners(hit)) {
      const auto known = before.find(key);
      ASSERT_NE(known, before.end());
      const bool was_the_dead_ones = known->second.count(killed) > 0;
      for (const std::int32_t worker : workers) {
        if (known->second.count(worker) > 0) continue;
        EXPECT_TRUE(was_the_dead_ones) << "key " << key << " went to " << worker;
        ++moved;
      }
    }
    EXPECT_GT(moved, 0U);
  }
}

TEST(MasterPolicy, every_policy_finishes_though_a_worker_dies) {
  for (int kind = 0; kind <= static_cast<int>(PolicyKind::affinity); ++kind) {
    Play play(static_cast<PolicyKind>(kind), 300);
    play.round();
    play.lose(2);
    for (int round = 0; round < 400 && play.progress().pending > 0; ++round) play.round();
    EXPECT_EQ(play.progress().counters.accepted, 300U) << kind;
  }
}

TEST(MasterPolicy, weighted_gives_by_the_speeds_it_was_told) {
  MasterOptions options;
  options.policy.kind = PolicyKind::weighted;
  options.policy.speeds = {1, 3};
  MasterRig rig(options, MasterRig::range(400), 2);
  rig.step(0, Started{});
  rig.hello(0, 1);
  EXPECT_EQ(rig.sent<wire::Assign>(1).front().units.unit_count(), 50U);
  rig.hello(0, 2);
  EXPECT_EQ(rig.sent<wire::Assign>(2).front().units.unit_count(), 150U);
}

}  // namespace
}  // namespace steadfarm::core::test
