// Starts replacements in a simulated job: some time after it was asked, or not at all.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "sim/executor.hpp"
#include "sim/world.hpp"
#include "transport/spawner.hpp"

namespace steadfarm::sim {

class SimSpawner final : public transport::Spawner {
 public:
  /// Makes the process.
  using Make = std::function<void(Rank rank, bool dies_at_once)>;

  SimSpawner(World& world, std::uint32_t job, std::int32_t next_rank, Make make)
      : world_(world), job_(job), next_rank_(next_rank), make_(std::move(make)) {}

  void start(Rank rank) override;
  [[nodiscard]] std::optional<Done> take_done() override;
  [[nodiscard]] bool idle() const override { return !asked_; }

  /// A worker was lost: one more may be replaced.
  void worker_lost() { ++lost_; }
  /// The master is gone. What was being started may come all the same, and finds nobody.
  void master_gone();

 private:
  enum class Fate : std::uint8_t { good, fails, hangs, dies };

  World& world_;
  std::uint32_t job_;
  std::int32_t next_rank_;
  Make make_;
  std::optional<Rank> asked_;
  Fate fate_ = Fate::good;
  TimeUs done_at_ = kNever;
  std::uint64_t lost_ = 0;
  std::uint64_t made_ = 0;
};

}  // namespace steadfarm::sim
