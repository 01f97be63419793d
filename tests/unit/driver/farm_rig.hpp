// A whole farm in one process and one thread, on a clock that the test moves: real machines and
// drivers over the in-memory transport, with a store that keeps notes.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "driver/master_driver.hpp"
#include "driver/worker_driver.hpp"
#include "tests/unit/driver/manual_clock.hpp"
#include "tests/unit/driver/recording_store.hpp"
#include "tests/unit/driver/rig_shards.hpp"
#include "transport/local/local_hub.hpp"
#include "worker/function_executor.hpp"

namespace steadfarm::driver {

inline constexpr wire::JobId kRigJob{11};

struct RigWorker {
  /// Results from `shard_bytes` on stay with it; 0: none.
  RigWorker(transport::LocalHub& hub, Rank rank, Clock& clock,
            const std::function<void(UnitCall&)>& work, std::uint64_t shard_bytes)
      : end(hub.take(rank)),
        machine(options(shard_bytes), clock.now()),
        executor(work),
        shards(rank),
        driver(machine, *end, executor, clock, kRigJob, Rank(0),
               shard_bytes > 0 ? &shards : nullptr) {
    if (shard_bytes > 0) {
      executor.set_reduction(shard_bytes, [](ByteView result) { return Bytes(1, result[0]); });
    }
    executor.set_hooks({[this] { driver.safe_point(); },
                        [this](const SharedValue& shared) { driver.propose(shared); }});
    driver.start();
  }
  static core::WorkerOptions options(std::uint64_t shard_bytes) {
    core::WorkerOptions options;
    options.shard_bytes_min = shard_bytes;
    options.shard_bytes_max = 10 * shard_bytes;
    return options;
  }

  std::unique_ptr<transport::Transport> end;
  core::WorkerMachine machine;
  worker::FunctionExecutor executor;
  RigShards shards;
  WorkerDriver driver;
  bool frozen = false;
};

struct FarmRig {
  struct Setup {
    std::uint64_t units = 50;
    int workers = 2;
    int later = 0;  // ranks beyond these, for workers that come later
    bool with_store = true;
    std::uint64_t shard_bytes = 0;
    core::MasterOptions master = {};
    std::deque<Error> store_failures = {};  // the first generation is published at the start
    std::function<void(UnitCall&)> work = [](UnitCall& call) {
      if (call.key().is_index()) call.spawn({}, 0);
      call.set_result(Bytes(1));
    };
  };

  explicit FarmRig(Setup setup)
      : hub(setup.workers + setup.later + 1), master_end(hub.take(Rank(0))) {
    setup.master.has_store = setup.with_store;
    setup.master.interval_us = 2'000;
    store.failures = std::move(setup.store_failures);
    std::vector<Rank> ranks;
    for (int i = 1; i <= setup.workers; ++i) ranks.emplace_back(i);
    machine.emplace(setup.master, core::IndexUnits{setup.units, {}, nullptr}, ranks, clock.now(),
                    std::nullopt);
    store.on_publish = [this](const core::GenerationDelta& delta) {
      journal.push_back("publish " + std::to_string(delta.counters.accepted));
      if (during_publish) during_publish();
    };
    MasterHooks hooks;
    hooks.fold = [this](const UnitKey& key, ByteView /*result*/) {
      if (before_fold) before_fold();
      ++folded[key];
      journal.push_back("fold");
    };
    hooks.fold_reduced = [this](const UnitKey& key, ByteView small, const ShardPlace& place) {
      ++folded[key];
      reduced[key] = {Bytes(small.begin(), small.end()), place};
      journal.push_back("fold");
    };
    hooks.save_fold = [this] {
      journal.push_back("save " + std::to_string(folded.size()));
      return Bytes(folded.size());
    };
    hooks.committed = [this](const core::Committed& committed) {
      journal.push_back("committed " + std::to_string(committed.accepted));
    };
    hooks.note = [this](const core::Note& note) { notes.push_back(note); };
    hooks.peer_changed = [this](Rank rank, bool welcome) {
      journal.push_back((welcome ? "readmit " : "forget ") + std::to_string(rank.value));
    };
    driver.emplace(*machine, *master_end, setup.with_store ? &writer : nullptr, clock, kRigJob,
                   std::move(hooks));
    driver->start();
    work = setup.work;
    shard_bytes = setup.shard_bytes;
    for (const Rank rank : ranks) add_worker(rank);
  }

  void add_worker(Rank rank) {
    workers.push_back(std::make_unique<RigWorker>(
        hub, rank, clock,
        [this](UnitCall& call) {
          clock.now_us += 10;
          work(call);
        },
        shard_bytes));
  }

  /// Everybody's turn, once. Time goes on a little.
  void round() {
    clock.now_us += 200;
    static_cast<void>(driver->turn());
    for (const auto& worker : workers) {
      if (!worker->frozen) static_cast<void>(worker->driver.turn());
    }
  }
  /// Until the master has finished and the workers have left; false if that takes too long.
  [[nodiscard]] bool finishes(int rounds_max = 200'000) {
    for (int i = 0; i < rounds_max; ++i) {
      if (driver->finish() && all_left()) return true;
      round();
    }
    return false;
  }
  [[nodiscard]] bool all_left() const {
    for (const auto& worker : workers) {
      if (!worker->frozen && !worker->driver.exit()) return false;
    }
    return true;
  }
  /// How often it is in the journal, by the first word.
  [[nodiscard]] std::size_t count(const std::string& word) const {
    std::size_t n = 0;
    for (const std::string& entry : journal) n += entry.rfind(word, 0) == 0 ? 1U : 0U;
    return n;
  }
  [[nodiscard]] bool each_folded_once() const {
    for (const auto& [key, times] : folded) {
      if (times != 1) return false;
    }
    return true;
  }

  ManualClock clock;
  transport::LocalHub hub;
  std::unique_ptr<transport::Transport> master_end;
  RecordingStore store;
  WaitingWriter writer{store};
  std::optional<core::Master> machine;
  std::optional<MasterDriver> driver;
  std::function<void(UnitCall&)> work;
  std::vector<std::unique_ptr<RigWorker>> workers;
  std::uint64_t shard_bytes = 0;
  std::map<UnitKey, int> folded;
  struct Reduced {
    Bytes value;
    ShardPlace place;
  };
  std::map<UnitKey, Reduced> reduced;  // of those that were folded, what lay in a shard
  std::vector<std::string> journal;    // what happened on the master, in order
  std::vector<core::Note> notes;
  std::function<void()> during_publish;
  std::function<void()> before_fold;
};

}  // namespace steadfarm::driver
