// A store in memory that keeps every delta and fails when a test says so.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/publication.hpp"
#include "checkpoint/store.hpp"

namespace steadfarm::driver {

class RecordingStore final : public checkpoint::Store {
 public:
  [[nodiscard]] Result<std::unique_ptr<checkpoint::Publication>> prepare(
      std::shared_ptr<const core::GenerationDelta> delta) override {
    auto publication = std::make_unique<checkpoint::Publication>();
    publication->delta = std::move(delta);
    return publication;
  }
  [[nodiscard]] Result<Generation> write(checkpoint::Publication& publication) override {
    const core::GenerationDelta& delta = *publication.delta;
    ++tries;
    if (on_publish) on_publish(delta);
    if (!failures.empty()) {
      const Error error = failures.front();
      failures.pop_front();
      return error;
    }
    deltas.push_back(delta);
    generation_ = generation_.next();
    return generation_;
  }
  void maintain() override { ++maintained; }
  void hurry() override { hurried = true; }
  [[nodiscard]] Generation generation() const override { return generation_; }
  [[nodiscard]] OwnerEpoch owner_epoch() const override { return OwnerEpoch(1); }
  [[nodiscard]] std::uint64_t last_publish_bytes() const override { return 0; }
  [[nodiscard]] std::uint64_t steps() const override { return stepped; }
  [[nodiscard]] std::vector<std::string> take_warnings() override { return {}; }

  std::deque<Error> failures;  // for the next tries
  std::function<void(const core::GenerationDelta&)> on_publish;
  std::atomic<std::uint64_t> stepped = 0;
  std::atomic<bool> hurried = false;
  std::uint64_t tries = 0;
  std::uint64_t maintained = 0;
  std::vector<core::GenerationDelta> deltas;  // the durable ones

 private:
  Generation generation_;
};

}  // namespace steadfarm::driver
