// The master's loop, one turn at a time: owns no thread and no sleep, so that the simulator can
// turn it too.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/master.hpp"
#include "driver/clock.hpp"
#include "driver/generation_writer.hpp"
#include "transport/spawner.hpp"
#include "transport/transport.hpp"

namespace steadfarm::driver {

struct MasterHooks {
  /// Applies a result to the application's fold.
  std::function<void(const UnitKey&, ByteView)> fold;
  /// The same of a result that lies in a shard: with what the folds take of it.
  std::function<void(const UnitKey&, ByteView, const ShardPlace&)> fold_reduced{};
  /// Applies a result to the application's ordered fold; comes by rising unit index.
  std::function<void(const UnitKey&, ByteView)> fold_in_order;
  /// The folds' state, for the checkpoint.
  std::function<Bytes()> save_fold;
  std::function<void(const core::Note&)> note;
  std::function<void(const core::Committed&)> committed;
  /// Sends must (not) go to this rank from other threads either.
  std::function<void(Rank, bool welcome)> peer_changed;
  /// A worker introduces itself.
  std::function<void(Rank, const wire::Hello&)> hello;
  /// Workers whose processes are seen to have ended since the last call. Asked at every tick.
  std::function<std::vector<Rank>()> ended_processes;
  /// After every step of the machine, for those who check it.
  std::function<void()> stepped;
};

struct MasterDriverStats {
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t messages_refused = 0;  // strays and malformed
  std::uint64_t workers_lost = 0;
  std::uint64_t workers_replaced = 0;
  std::uint64_t publishes = 0;  // that went well
  TimeUs publish_us_max = 0;    // longest time that the loop stood still for a generation
  TimeUs durable_us_max = 0;    // longest time from its beginning until it was durable
};

class MasterDriver {
 public:
  /// `writer` may be null: nothing is durable then. All references must outlive the driver.
  MasterDriver(core::Master& machine, transport::Transport& transport, GenerationWriter* writer,
               Clock& clock, wire::JobId job, MasterHooks hooks);

  /// For the machine's Spawns; without one there must be none. Must outlive the driver's turns.
  void use_spawner(transport::Spawner& spawner) { spawner_ = &spawner; }

  void start();
  /// Hears the writer, receives, steps, sends. Returns how many messages came in, and one more for
  /// a generation that was written or failed.
  std::size_t turn();

  void request_checkpoint() { step(core::CheckpointRequested{}); }
  void request_stop(std::string reason) { step(core::StopRequested{std::move(reason)}); }

  [[nodiscard]] const std::optional<core::Finish>& finish() const { return finish_; }
  [[nodiscard]] const MasterDriverStats& stats() const { return stats_; }

 private:
  void step(const core::Event& event);
  void carry_out(core::Actions& actions);
  void receive(const transport::Incoming& incoming);
  void hear_stranger(const transport::Incoming& incoming);
  void refused(const core::Send& send, const std::string& evidence);
  void persist(const core::Persist& action);
  std::size_t hear_writer();
  void has_ended(Rank rank, std::string evidence, core::LossKind how);
  void hear_ended(TimeUs now);
  std::size_t hear_spawner();

  core::Master& machine_;
  transport::Transport& transport_;
  GenerationWriter* writer_;
  transport::Spawner* spawner_ = nullptr;
  Clock& clock_;
  wire::JobId job_;
  MasterHooks hooks_;
  std::vector<transport::Incoming> incoming_;
  core::Actions actions_;
  std::deque<core::Event> follow_ups_;  // what the actions of a step led to
  bool stepping_ = false;
  Epoch writing_;  // of the generation that is being written
  TimeUs writing_since_ = 0;
  std::uint64_t store_steps_ = 0;  // that the machine has heard of
  TimeUs next_tick_ = 0;
  struct Ended {
    core::Event event;
    TimeUs seen_at = 0;
  };
  std::vector<Ended> ended_;  // their last words may still be on the way
  std::optional<core::Finish> finish_;
  MasterDriverStats stats_;
};

}  // namespace steadfarm::driver
