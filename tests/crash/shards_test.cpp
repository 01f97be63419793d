// A master that publishes and a worker that writes shards, on one disk: the power goes after every
// single operation, and every operation fails once.
#include <gtest/gtest.h>

#include <cerrno>

#include "checkpoint/names.hpp"
#include "checkpoint/shard_reader.hpp"
#include "checkpoint/shard_writer.hpp"
#include "tests/crash/scale.hpp"
#include "tests/crash/scenario.hpp"

namespace steadfarm::checkpoint::test {
namespace {

constexpr std::uint64_t units = 8;
constexpr std::uint64_t per_shard = 2;
const std::uint64_t damages_per_point = times(12, 60);

Bytes result_of(std::uint64_t unit) { return Bytes(300 + unit, static_cast<std::byte>(unit + 1)); }

/// Some of the job's units in each round: the worker makes them durable and only then answers; the
/// master publishes what was answered. It ends at the first error, as a process that is killed.
class ShardedRun {
 public:
  explicit ShardedRun(MemoryFileSystem& files) : files_(files), checker_(files) {}

  bool run(int tries_max = 1) {
    tries_max_ = tries_max;
    for (std::uint64_t unit = 0; unit < units; unit += per_shard) {
      // The second half is another start of the job.
      if ((unit == 0 || unit == units / 2) && !open()) return false;
      if (!answer(unit) || !publish(unit + per_shard)) return false;
    }
    return true;
  }

  /// After a crash: what comes back is not older than what was reported, and every result in it
  /// can be read. Empty if so.
  std::string judge() {
    store_.reset();
    writer_.reset();
    OpenReport report;
    Result<std::unique_ptr<Store>> store = Store::open(files_, crash_options(), report);
    if (!store) return "it does not open: " + store.error().message;
    if (report.set_aside != 0) return "set aside: " + report.warnings.front();
    const std::uint64_t accepted = report.recovered ? report.recovered->counters.accepted : 0;
    if (accepted < reported_) return "a generation that was reported is lost";
    std::uint64_t seen = 0;
    std::string wrong;
    ResultReading reading;
    reading.codec = &fast_codec();
    const Status read = for_each_result(
        files_, store_path,
        [&](const UnitKey& key, ByteView bytes) {
          ++seen;
          if (!std::ranges::equal(bytes, result_of(key.lo))) wrong = to_string(key) + " differs";
        },
        reading);
    if (!read) return "results: " + read.error().message;
    if (!wrong.empty()) return wrong;
    if (seen != accepted) return std::to_string(seen) + " results of " + std::to_string(accepted);
    return left_over(accepted);
  }

  [[nodiscard]] std::uint64_t reported() const { return reported_; }
  /// Shards whose results were answered while a crash could still lose them.
  [[nodiscard]] std::uint64_t answered_too_early() const { return answered_too_early_; }
  [[nodiscard]] const std::vector<std::string>& breaches() const { return checker_.breaches(); }

 private:
  bool open() {
    store_.reset();
    writer_.reset();
    for (int i = 0; i < tries_max_; ++i) {
      OpenReport report;
      Result<std::unique_ptr<Store>> store = Store::open(files_, crash_options(), report);
      if (!store) continue;
      store_ = std::move(store).value();
      const ShardGrant grant{report.owner_epoch, report.fingerprint};
      writer_ =
          std::make_unique<ShardWriter>(files_, ShardOptions{store_path, grant, "", &fast_codec()});
      return true;
    }
    return false;
  }

  bool answer(std::uint64_t first) {
    auto results = std::make_shared<core::ResultBatch>();
    for (std::uint64_t i = first; i < first + per_shard; ++i) {
      results->add(UnitKey::index(i), result_of(i));
    }
    const Result<LaidOutShard> shard = writer_->lay_out(results);
    if (!shard) return false;
    for (int i = 0; i < tries_max_; ++i) {
      const Result<ShardInfo> info = writer_->write(shard.value());
      if (!info) continue;
      if (!files_.is_durable(store_path, shard_name(info.value().name))) ++answered_too_early_;
      for (std::uint64_t row = 0; row < per_shard; ++row) {
        delta_.sharded.add(UnitKey::index(first + row),
                           {info.value(), row, result_of(first + row).size()});
      }
      return true;
    }
    return false;
  }

  bool publish(std::uint64_t accepted) {
    delta_.epoch = Epoch(accepted);
    delta_.counters.accepted = accepted;
    delta_.counters.executions = accepted;
    delta_.complete = accepted == units;
    delta_.pending_indices.clear();
    if (!delta_.complete) delta_.pending_indices.push_back({accepted, units});
    for (int i = 0; i < tries_max_; ++i) {
      if (!store_->publish(delta_)) continue;
      delta_ = {};
      reported_ = accepted;
      return true;
    }
    return false;
  }

  /// What no generation leads to was written for an older owner, and went when the store was taken
  /// over.
  std::string left_over(std::uint64_t accepted) {
    auto folder = std::move(files_.open_folder(store_path, Access::read)).value();
    const ShardListing listing = list_shards(*folder).value();
    if (!listing.temps.empty()) return listing.temps.front() + " was left";
    if (listing.shards.size() != accepted / per_shard) {
      return std::to_string(listing.shards.size()) + " shards for " + std::to_string(accepted) +
             " results";
    }
    return {};
  }

  MemoryFileSystem& files_;
  OrderChecker checker_;
  int tries_max_ = 1;
  std::unique_ptr<Store> store_;
  std::unique_ptr<ShardWriter> writer_;
  core::GenerationDelta delta_;
  std::uint64_t reported_ = 0;
  std::uint64_t answered_too_early_ = 0;
};

std::uint64_t operations_of_a_whole_run() {
  MemoryFileSystem files(1);
  ShardedRun run(files);
  EXPECT_TRUE(run.run());
  const std::uint64_t operations = files.faults().operations();
  EXPECT_EQ(run.judge(), "");
  return operations;
}

TEST(ShardCrash, nothing_that_was_reported_is_lost_whenever_the_power_goes) {
  const std::uint64_t operations = operations_of_a_whole_run();
  ASSERT_GT(operations, 100U);
  Tried tried("crashes of a master and a worker with shards");
  std::uint64_t in_the_middle = 0;
  std::uint64_t lost_names = 0;
  for (std::uint64_t point = 0; point < operations; ++point) {
    for (std::uint64_t damage = 0; damage < damages_per_point; ++damage) {
      ++tried;
      MemoryFileSystem files(point * 101 + damage);
      ShardedRun run(files);
      files.faults().power_off_after(point);
      run.run();
      files.crash();
      lost_names += files.faults().counts().crash_lost_names;
      ASSERT_EQ(run.answered_too_early(), 0U) << "power off after operation " << point;
      ASSERT_EQ(run.judge(), "") << "after operation " << point << ", damage " << damage;
      ASSERT_EQ(run.breaches(), std::vector<std::string>());
      if (run.reported() > 0 && run.reported() < units) ++in_the_middle;
    }
  }
  EXPECT_GT(in_the_middle, 500U);
  EXPECT_GT(lost_names, 500U);
}

TEST(ShardCrash, an_answer_comes_only_when_its_shard_survives_any_crash) {
  // The power goes at the very moment of the answer, so the disk gets no step for free.
  MemoryFileSystem files(1);
  ShardedRun run(files);
  ASSERT_TRUE(run.run());
  EXPECT_EQ(run.answered_too_early(), 0U);
}

TEST(ShardCrash, a_failure_of_any_operation_costs_a_try_and_nothing_else) {
  const std::uint64_t operations = operations_of_a_whole_run();
  Tried tried("failing operations of a master and a worker with shards");
  for (const Effect effect : {Effect::none, Effect::partial, Effect::whole}) {
    for (std::uint64_t at = 1; at <= operations; ++at) {
      ++tried;
      MemoryFileSystem files(at);
      ShardedRun run(files);
      files.faults().fail_operation(at, {at % 3 == 0 ? ENOSPC : EIO, effect}, false);
      ASSERT_TRUE(run.run(2)) << "operation " << at;
      files.faults().clear();
      ASSERT_EQ(run.answered_too_early(), 0U) << "operation " << at;
      ASSERT_EQ(run.judge(), "") << "operation " << at;
      ASSERT_EQ(run.breaches(), std::vector<std::string>());
    }
  }
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
