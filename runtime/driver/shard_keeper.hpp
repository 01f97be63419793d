// Keeps large results in memory and makes them durable as shards, while the worker's loop goes on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "base/shard.hpp"
#include "checkpoint/shard_writer.hpp"
#include "driver/clock.hpp"

namespace steadfarm::driver {

/// One shard fills while at most one other is being written. All members are called by the loop's
/// thread, which is also the one that makes HDF5 calls.
class ShardKeeper {
 public:
  virtual ~ShardKeeper() = default;
  /// Shards are written for this owner from now on. Before anything is kept; and again when the
  /// owner has changed. What is being written for the one before may still become durable; what
  /// failed is written for the new one.
  virtual void open(const ShardGrant& grant) = 0;
  /// Copies a result to the end of the shard that fills.
  virtual void keep(const UnitKey& key, ByteView result) = 0;
  /// Begins to write the shard that fills, or again the one that failed. Takes the time of a few
  /// HDF5 calls.
  virtual void seal(bool again) = 0;
  /// The outcome of `seal`, once.
  [[nodiscard]] virtual std::optional<Result<ShardInfo>> take_done() = 0;
  /// Changes whenever the disk has come a step further.
  [[nodiscard]] virtual std::uint64_t steps() const = 0;
};

/// Writes on a thread of its own, in which all signals are blocked.
class ThreadedShards final : public ShardKeeper {
 public:
  static constexpr TimeUs kEndUs = 3'000'000;  // for the shard that nobody waits for any more

  using MakeWriter = std::function<std::shared_ptr<checkpoint::ShardWriter>(const ShardGrant&)>;
  /// `bytes_max`: of a shard, for its memory. The writer is shared with the thread, which may be
  /// left behind.
  ThreadedShards(MakeWriter make_writer, std::uint64_t bytes_max);
  ~ThreadedShards() override;  // ends it
  ThreadedShards(const ThreadedShards&) = delete;
  ThreadedShards& operator=(const ThreadedShards&) = delete;

  void open(const ShardGrant& grant) override;
  void keep(const UnitKey& key, ByteView result) override;
  void seal(bool again) override;
  [[nodiscard]] std::optional<Result<ShardInfo>> take_done() override;
  [[nodiscard]] std::uint64_t steps() const override;

  /// Ends the thread; waits so long for what it writes. False: its call did not return. Then it is
  /// left behind, and the process should end by _exit. Nothing may be kept afterwards.
  [[nodiscard]] bool end(TimeUs most_us = kEndUs);

 private:
  struct Shared;
  void start_thread();

  MakeWriter make_writer_;
  std::uint64_t bytes_max_;
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<core::ResultBatch> filling_;
  std::shared_ptr<const core::ResultBatch> sealed_;  // is being written, or has failed
  std::thread thread_;
  bool left_behind_ = false;
};

}  // namespace steadfarm::driver
