// A whole run in one process: the master and each worker on a thread of its own, over the in-memory
// transport, with the real store where a run has one.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "api/job.hpp"
#include "transport/local/local_hub.hpp"

namespace steadfarm::api {

inline Bytes number_bytes(std::uint64_t value) {
  Bytes bytes(sizeof value);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::byte>((value >> (8 * i)) & 0xffU);
  }
  return bytes;
}

inline std::uint64_t bytes_number(ByteView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  }
  return value;
}

/// Sums the squares below `units`; each unit of the range spawns one that counts 1, and that
/// spawns another as long as `go_on` says so.
struct SumJob {
  Options options;
  std::uint64_t units = 200;
  std::uint64_t sum = 0;
  std::function<bool()> go_on = [] { return false; };
  std::function<void(UnitCall&)> work = [this](UnitCall& call) {
    const std::uint64_t i = call.key().lo;
    if (call.key().is_index() || go_on()) call.spawn({}, 0);
    call.set_result(number_bytes(call.key().is_index() ? i * i : 1));
  };
  std::function<void(std::uint64_t)> before_fold = [](std::uint64_t /*folds*/) {};
  std::uint64_t folds = 0;
  bool fold_can_be_saved = true;
  std::function<void(ByteFarm::Fold&)> change_fold;
  SubmittedUnits no_units;

  std::atomic<int> saves = 0;

  /// The sum when so many units have been accepted, all of the range among them.
  [[nodiscard]] std::uint64_t expected(std::uint64_t accepted) const {
    std::uint64_t total = accepted - units;
    for (std::uint64_t i = 0; i < units; ++i) total += i * i;
    return total;
  }
  [[nodiscard]] Job job() {
    Job job;
    job.options = &options;
    job.submitted = &no_units;
    job.range_count = units;
    job.work = work;
    job.id = wire::JobId(17);
    ByteFarm::Fold fold;
    fold.apply = [this](const UnitKey& /*key*/, ByteView result) {
      before_fold(++folds);
      sum += bytes_number(result);
    };
    if (fold_can_be_saved) {
      fold.save = [this] {
        ++saves;
        return number_bytes(sum);
      };
      fold.load = [this](ByteView state) {
        sum = bytes_number(state);
        return state.size() == sizeof sum;
      };
    }
    if (change_fold) change_fold(fold);
    job.folds.add(std::move(fold));
    return job;
  }
};

/// The outcome of every rank; the master is first.
inline std::vector<Outcome> run_on(int ranks, SumJob& what) {
  const Job job = what.job();
  std::vector<Outcome> outcomes(static_cast<std::size_t>(ranks));
  if (ranks == 1) {
    outcomes[0] = run_alone(job);
    return outcomes;
  }
  transport::LocalHub hub(ranks);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      const auto end = hub.take(Rank(rank));
      auto& outcome = outcomes[static_cast<std::size_t>(rank)];
      outcome = rank == 0 ? run_master(job, *end) : run_worker(job, *end);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return outcomes;
}

}  // namespace steadfarm::api
