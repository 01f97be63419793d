// A worker's shards in simulated time: the disk works some time after the worker asked, and the
// worker hears of it some time after that. Between any two of these it may die or freeze.
#pragma once

#include <memory>
#include <optional>

#include "driver/shard_keeper.hpp"
#include "sim/world.hpp"

namespace steadfarm::sim {

class SimShards final : public driver::ShardKeeper {
 public:
  explicit SimShards(World& world) : world_(world) {}

  void open(const ShardGrant& grant) override;
  void keep(const UnitKey& key, ByteView result) override;
  void seal(bool again) override;
  [[nodiscard]] std::optional<Result<ShardInfo>> take_done() override;
  [[nodiscard]] std::uint64_t steps() const override { return writer_ ? writer_->steps() : 0; }

  /// What the thread does by now.
  void turn();
  /// When there is something for `turn` or `take_done`; INT64_MAX: never.
  [[nodiscard]] TimeUs next_at() const;
  /// A shard is to be written.
  [[nodiscard]] bool waits() const { return waiting_; }
  /// There is a durable shard that nobody has heard of yet.
  [[nodiscard]] bool unheard() const { return done_ && done_->ok(); }

 private:
  [[nodiscard]] TimeUs some_time();

  World& world_;
  std::shared_ptr<checkpoint::ShardWriter> writer_;
  std::shared_ptr<core::ResultBatch> filling_;
  std::optional<checkpoint::LaidOutShard> shard_;
  std::shared_ptr<checkpoint::ShardWriter> shard_writer_;  // that has laid it out
  bool waiting_ = false;
  std::optional<Result<ShardInfo>> done_;  // to be heard at heard_at_
  TimeUs write_at_ = 0;
  TimeUs heard_at_ = 0;
};

}  // namespace steadfarm::sim
