#include "sim/sim_shards.hpp"

#include <algorithm>
#include <utility>

#include "sim/watched_store.hpp"

namespace steadfarm::sim {

// As SimWriter: mostly quick, now and then as slow as a disk that somebody else keeps busy.
TimeUs SimShards::some_time() {
  Prng& prng = world_.process_prng;
  return prng.between(10, prng.chance(0.1) ? world_.options.timeout_us : 20'000);
}

void SimShards::open(const ShardGrant& grant) {
  checkpoint::ShardOptions options;
  options.path = kStorePath;
  options.grant = grant;
  writer_ = std::make_shared<checkpoint::ShardWriter>(world_.files, options);
}

void SimShards::keep(const UnitKey& key, ByteView result) {
  if (!filling_) filling_ = std::make_shared<core::ResultBatch>();
  filling_->add(key, result);
}

void SimShards::seal(bool again) {
  STEADFARM_ASSERT(!waiting_ && !done_ && writer_ && shard_.has_value() == again);
  if (!again || shard_writer_ != writer_) {
    const std::shared_ptr<const core::ResultBatch> results =
        again ? shard_->results : std::exchange(filling_, nullptr);
    Result<checkpoint::LaidOutShard> shard = writer_->lay_out(results);
    STEADFARM_ASSERT(shard.ok());
    shard_ = std::move(shard).value();
    shard_writer_ = writer_;
  }
  waiting_ = true;
  write_at_ = world_.now + some_time();
}

void SimShards::turn() {
  if (!waiting_ || world_.now < write_at_) return;
  waiting_ = false;
  FaultWatch watch(world_);
  done_ = shard_writer_->write(*shard_);
  watch.finish(*done_ ? nullptr : &done_->error());
  heard_at_ = world_.now + some_time();
}

std::optional<Result<ShardInfo>> SimShards::take_done() {
  if (!done_ || world_.now < heard_at_) return std::nullopt;
  if (*done_) shard_.reset();
  return std::exchange(done_, std::nullopt);
}

TimeUs SimShards::next_at() const {
  if (waiting_) return write_at_;
  return done_ ? heard_at_ : INT64_MAX;
}

}  // namespace steadfarm::sim
