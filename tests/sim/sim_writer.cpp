#include "sim/sim_writer.hpp"

#include <utility>

namespace steadfarm::sim {

// Mostly quick, now and then as slow as a disk that somebody else keeps busy.
TimeUs SimWriter::some_time() {
  Prng& prng = world_.process_prng;
  return prng.between(10, prng.chance(0.1) ? world_.options.timeout_us : 20'000);
}

void SimWriter::start(std::shared_ptr<const core::GenerationDelta> delta) {
  STEADFARM_ASSERT(waiting_ == nullptr && !done_);
  Result<std::unique_ptr<checkpoint::Publication>> publication = store_.prepare(std::move(delta));
  heard_at_ = world_.now;
  write_at_ = world_.now + some_time();
  if (publication) {
    waiting_ = std::move(publication).value();
  } else {
    done_ = publication.error();
  }
}

void SimWriter::turn() {
  if (waiting_ != nullptr && world_.now >= write_at_) {
    const std::unique_ptr<checkpoint::Publication> publication = std::move(waiting_);
    done_ = store_.write(*publication);
    heard_at_ = world_.now + some_time();
    maintain_ = done_->ok();
    return;
  }
  if (maintain_ && waiting_ == nullptr && world_.now >= heard_at_) {
    maintain_ = false;
    store_.maintain();
  }
}

std::optional<Result<Generation>> SimWriter::take_done() {
  if (!done_ || world_.now < heard_at_) return std::nullopt;
  if (!done_->ok()) told_fenced_ = done_->error().code == ErrorCode::fenced;
  return std::exchange(done_, std::nullopt);
}

}  // namespace steadfarm::sim
