#include "api/take_over.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "api/master_run.hpp"
#include "api/worker_side.hpp"
#include "base/digest.hpp"
#include "checkpoint/hdf5/version.hpp"
#include "driver/companion.hpp"
#include "driver/heartbeat.hpp"
#include "driver/idle.hpp"
#include "transport/joined/joined_transport.hpp"
#include "transport/local/local_hub.hpp"

namespace steadfarm::api {
namespace {

constexpr TimeUs kLeaveGraceUs = 5'000'000;  // for a unit that still runs when the run is over
constexpr Rank kInsideMaster{0};
constexpr Rank kInsideWorker{1};

core::SuccessionOptions succession_options(const Job& job, const transport::Transport& transport) {
  core::SuccessionOptions s;
  s.self = transport.self();
  s.master = Rank(0);
  s.rank_count = transport.rank_count();
  s.silence_us = to_us(job.options->timeout_s);
  return s;
}

// A worker and, once it has taken over, a master that is reached through memory. The main thread
// runs units throughout; the companion listens while it does, and then is the master.
class Standby {
 public:
  Standby(const Job& job, transport::Transport& outside)
      : job_(job),
        outside_(outside),
        heartbeat_(std::make_unique<driver::Heartbeat>(
            outside, job.id, wire::Heartbeat{1},
            driver::HeartbeatTimes{to_us(job.options->heartbeat_s)}, std::vector<Rank>{Rank(0)})),
        hub_(2),
        inside_master_(hub_.take(kInsideMaster)),
        inside_worker_(hub_.take(kInsideWorker)),
        joined_(outside, *inside_master_, kInsideWorker),
        side_(job, outside, true, true, job.options->handle_signals ? heartbeat_.get() : nullptr,
              {}, WorkerSide::Shared{&mutex_, true}),
        succession_(succession_options(job, outside), side_.clock().now()) {
    driver::SuccessionHooks hooks;
    const std::uint64_t own = job_digest(job);
    hooks.may_claim = [own](const wire::Welcome& welcome) {
      return welcome.owner_epoch != OwnerEpoch(0) && welcome.job_digest == own;
    };
    if (side_.units() != nullptr) {
      const auto say_word = [this](ByteView word) {
        outside_.send_urgent(Rank(followed_rank_.load()), word);
      };
      end_deaf_units(outside.self(), job, *heartbeat_, side_.units(), say_word);
    }
    hooks.follows = [this](Rank master) {
      heartbeat_->set_peer(followed_, false);
      followed_ = master;
      followed_rank_ = master.value;
      heartbeat_->set_peer(followed_, true);
    };
    hooks.peer_changed = [this](Rank rank, bool welcome) {
      if (rank == followed_) heartbeat_->set_peer(rank, welcome);
    };
    side_.driver().set_succession(succession_, std::move(hooks));
  }

  /// Returns once both threads are done.
  void run() {
    const driver::Companion companion([this] { return look(); }, [this] { be_master(); });
    work();
  }
  /// False: a call to the store has not returned.
  [[nodiscard]] bool end_shards() { return side_.end_shards(); }
  /// Who led the farm at its end.
  [[nodiscard]] Rank master() const { return master_outcome_ ? outside_.self() : followed_; }
  [[nodiscard]] int settle_ms() const {
    return master_outcome_ ? 0 : api::settle_ms(*side_.exit());
  }
  [[nodiscard]] Outcome outcome() const {
    if (master_outcome_) return *master_outcome_;
    return worker_outcome(outside_.self(), *side_.exit());
  }

 private:
  void work() {
    driver::Idle idle(side_.clock());
    std::unique_lock held(mutex_);
    side_.driver().start();
    while (!side_.driver().exit()) {
      const bool worked = side_.driver().turn() > 0;
      held.unlock();
      idle.after_turn(worked);
      held.lock();
    }
  }

  // On the companion's thread.
  bool look() {
    const std::lock_guard held(mutex_);
    driver::WorkerDriver& driver = side_.driver();
    if (side_.in_unit() && !driver.exit()) side_.look_from_beside();
    if (!driver.inheritance() || driver.exit()) return false;
    heartbeat_->set_peer(followed_, false);
    heartbeat_->end_deaf_units(nullptr, {});  // a unit must not take the master along
    driver.serve(*inside_worker_, kInsideMaster);
    return true;
  }

  // The master's thread still listens for the worker, while that is deep in a unit.
  std::size_t look_beside() {
    const std::unique_lock held(mutex_, std::try_to_lock);
    if (!held || !side_.in_unit() || side_.exit()) return 0;
    return side_.look_from_beside();
  }

  void be_master() {
    const driver::Heartbeat inside(*inside_worker_, job_.id, wire::Heartbeat{1},
                                   driver::HeartbeatTimes{to_us(job_.options->heartbeat_s)},
                                   {kInsideMaster});
    MasterRun run(job_, joined_, outside_.rank_count(), *side_.driver().inheritance());
    driver::SteadyClock clock;
    driver::Idle idle(clock);
    guarded(run, [&] {
      if (!run.start()) return;
      while (!run.finished()) {
        const std::size_t done = run.turn();
        idle.after_turn(done + look_beside() > 0);
      }
    });
    flush(outside_, kFlushMs);
    master_outcome_ = run.outcome();
    master_outcome_->took_over = true;
    // The worker beside has been told to leave. A unit that does not return must not keep the whole
    // job waiting.
    if (job_.options->handle_signals) {
      heartbeat_->end_process_after(kLeaveGraceUs, master_outcome_->exit_code);
    }
  }

  const Job& job_;
  transport::Transport& outside_;
  std::unique_ptr<driver::Heartbeat> heartbeat_;
  Rank followed_{0};
  std::atomic<std::int32_t> followed_rank_{0};
  transport::LocalHub hub_;
  std::unique_ptr<transport::Transport> inside_master_;
  std::unique_ptr<transport::Transport> inside_worker_;
  transport::JoinedTransport joined_;
  std::mutex mutex_;
  WorkerSide side_;
  core::Succession succession_;
  std::optional<Outcome> master_outcome_;
};

}  // namespace

std::string no_take_over_reason(const Options& options, bool concurrent, std::int32_t rank_count) {
  if (options.takeover == "off") return "--takeover is off";
  if (options.store.empty()) return "there is no --store";
  if (!concurrent) return "MPI gave no MPI_THREAD_MULTIPLE";
  if (rank_count < 2) return "there is one rank alone";
  if (options.takeover == "auto" && !checkpoint::hdf5_library_is_thread_safe()) {
    return "this HDF5 is not thread-safe, and units may use it (--takeover on if they do not)";
  }
  if (options.respawn) return "with --respawn nobody but the first master reaches the replacements";
  return {};
}

bool can_take_over(const Job& job, const transport::Transport& transport) {
  return no_take_over_reason(*job.options, transport.concurrent(), transport.rank_count()).empty();
}

Result<core::Term> term_in_store(const std::string& path, OwnerEpoch first_epoch,
                                 OwnerEpoch owner_epoch) {
  if (owner_epoch <= first_epoch) {
    return Error{ErrorCode::foreign,
                 "the store '" + path +
                     "' is not the one that this job began with: its owner epoch "
                     "is " +
                     std::to_string(owner_epoch.value) + ", and the first master of this job had " +
                     std::to_string(first_epoch.value) +
                     " already; was it moved, restored or made anew meanwhile? Put the job's own "
                     "store there and start the job again"};
  }
  const std::uint64_t above = owner_epoch.value - first_epoch.value;
  if (above > UINT32_MAX) {
    return Error{ErrorCode::internal, "the store '" + path + "' changed hands " +
                                          std::to_string(above) +
                                          " times since this job began; start it again"};
  }
  return core::Term(static_cast<std::uint32_t>(above));
}

std::uint64_t job_digest(const Job& job) {
  const checkpoint::JobRecord record = record_of(job);
  std::string text = to_hex(checkpoint::fingerprint_of(record));
  text += " " + std::to_string(record.units.count) + " " + to_hex(record.units.digest);
  return digest(text + " " + record.build).lo;
}

Outcome run_standby(const Job& job, transport::Transport& transport) {
  Standby standby(job, transport);
  standby.run();
  flush(transport, kFlushMs);
  // Whoever it is that leads us now, rank 0 does not: the next farm on these ranks must know.
  if (standby.master() != Rank(0)) transport.forget(Rank(0));
  static_cast<void>(transport.settle(standby.settle_ms()));
  const bool store_hangs = !standby.end_shards();
  Outcome outcome = standby.outcome();
  outcome.store_hangs = outcome.store_hangs || store_hangs;
  return outcome;
}

}  // namespace steadfarm::api
