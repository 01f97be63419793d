// The writer of generations in simulated time: the disk works some time after the master asked,
// and the master hears of it some time after that. Between any two of these it may die or freeze.
#pragma once

#include <memory>
#include <optional>

#include "driver/generation_writer.hpp"
#include "sim/watched_store.hpp"

namespace steadfarm::sim {

class SimWriter final : public driver::GenerationWriter {
 public:
  SimWriter(World& world, WatchedStore& store) : world_(world), store_(store) {}

  void start(std::shared_ptr<const core::GenerationDelta> delta) override;
  [[nodiscard]] std::optional<Result<Generation>> take_done() override;
  [[nodiscard]] std::uint64_t steps() const override { return store_.steps(); }

  /// Has the master heard that another owner has the store? The disk may know before it does.
  [[nodiscard]] bool told_fenced() const { return told_fenced_; }

  /// What the writer's thread does by now. The process may be dead afterwards.
  void turn();

 private:
  [[nodiscard]] TimeUs some_time();

  World& world_;
  WatchedStore& store_;
  std::unique_ptr<checkpoint::Publication> waiting_;  // to be written at write_at_
  std::optional<Result<Generation>> done_;            // to be heard at heard_at_
  bool maintain_ = false;                             // after that
  bool told_fenced_ = false;
  TimeUs write_at_ = 0;
  TimeUs heard_at_ = 0;
};

}  // namespace steadfarm::sim
