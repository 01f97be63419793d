#include "driver/worker_driver.hpp"

#include <utility>

#include "base/assert.hpp"
#include "core/action.hpp"

namespace steadfarm::driver {
namespace {
constexpr std::size_t kMessagesPerTurn = 64;
constexpr TimeUs kTickUs = 5'000;
constexpr TimeUs kProcessLookUs = 20'000;
constexpr TimeUs kPollUs = 100;  // between looks at the transport while units are short
// The same within a unit. A look may yield the processor, and a full machine gives it back many
// milliseconds later: who looks often hardly computes.
constexpr TimeUs kUnitPollUs = 2'000;
constexpr std::size_t kUnitsPerTurn = 10'000;
constexpr std::size_t kEarlyMax = 64;  // messages before the Welcome of their master

// What workers send to their master.
bool is_worker_word(const wire::Body& body) {
  return std::holds_alternative<wire::Hello>(body) || std::holds_alternative<wire::Report>(body) ||
         std::holds_alternative<wire::Heartbeat>(body) ||
         std::holds_alternative<wire::EpochAck>(body) ||
         std::holds_alternative<wire::Propose>(body) ||
         std::holds_alternative<wire::Partial>(body) ||
         std::holds_alternative<wire::Returned>(body) ||
         std::holds_alternative<wire::HandIn>(body) || std::holds_alternative<wire::Ended>(body) ||
         std::holds_alternative<wire::Overdue>(body) ||
         std::holds_alternative<wire::Trouble>(body) || std::holds_alternative<wire::Goodbye>(body);
}
}  // namespace

WorkerDriver::WorkerDriver(core::WorkerMachine& machine, transport::Transport& transport,
                           worker::Executor& executor, Clock& clock, wire::JobId job, Rank master,
                           ShardKeeper* shards)
    : machine_(machine),
      transport_(&transport),
      executor_(executor),
      clock_(clock),
      job_(job),
      master_(master),
      shards_(shards) {}

void WorkerDriver::set_succession(core::Succession& succession, SuccessionHooks hooks) {
  succession_ = &succession;
  hooks_ = std::move(hooks);
}

void WorkerDriver::start() { step(core::WorkerStarted{}); }

std::size_t WorkerDriver::turn() {
  if (exit_) return 0;
  take_in_shared();
  std::size_t done = receive_all() + hear_shards();
  tick_if_due(clock_.now());
  for (std::size_t i = 0; i < kUnitsPerTurn && !exit_; ++i) {
    if (!finish_unit()) break;
    ++done;
    const TimeUs now = clock_.now();
    if (now - polled_at_ >= kPollUs) break;
  }
  return done;
}

std::size_t WorkerDriver::background_turn() {
  if (exit_) return 0;
  in_background_ = true;
  // A shard that nobody hears of looks like one that a hanging disk holds up.
  const std::size_t count = receive_all() + hear_shards();
  tick_if_due(clock_.now());
  in_background_ = false;
  return count;
}

// The executor belongs to the thread that runs the units.
void WorkerDriver::take_in_shared() {
  if (shared_news_) executor_.shared_changed(*std::exchange(shared_news_, std::nullopt));
}

void WorkerDriver::serve(transport::Transport& transport, Rank master) {
  succession_ = nullptr;
  distrusts_master_ = false;
  transport_ = &transport;
  master_ = master;
  step(core::MasterChanged{true});
}

// Starts what is to be started and takes in what has ended. True if a unit ended.
bool WorkerDriver::finish_unit() {
  if (to_start_) {
    const core::Execute unit = *std::exchange(to_start_, std::nullopt);
    running_ = true;
    // The transport may yield the processor, on a full machine for longer than many units take;
    // counted with the unit, that would make units look long and messages small.
    started_at_ = std::exchange(was_outside_, false) ? clock_.now() : 0;
    executor_.start(unit);
  }
  if (!running_) return false;
  const worker::UnitOutcome* outcome = executor_.finished();
  if (outcome == nullptr) return false;
  running_ = false;
  ++stats_.units_executed;
  if (outcome->left) {
    step(core::UnitLeft{});
    return true;
  }
  core::UnitDone event;
  event.started_at = started_at_;
  event.answer.status = outcome->status;
  event.answer.payload = outcome->payload;
  if (shards_ != nullptr && outcome->reduced) event.reduced = ByteView(*outcome->reduced);
  if (outcome->proposal) {
    event.answer.proposal_value = outcome->proposal->value;
    event.answer.proposal_witness = outcome->proposal->witness;
  }
  event.answer.children.reserve(outcome->children.size());
  for (const worker::OwnedChild& child : outcome->children) {
    event.answer.children.push_back({child.priority, child.payload, child.hints});
  }
  step(std::move(event));
  return true;
}

std::size_t WorkerDriver::hear_shards() {
  if (shards_ == nullptr || exit_) return 0;
  std::optional<Result<ShardInfo>> done = shards_->take_done();
  if (!done) return 0;
  if (*done) {
    step(core::ShardDurable{done->value()});
  } else {
    step(core::ShardFailed{done->error()});
  }
  return 1;
}

std::size_t WorkerDriver::receive_all() {
  was_outside_ = true;
  if (succession_ != nullptr) {
    if (inheritance_) return 0;
    core::SuccessionActions actions;
    for (const transport::DeadPeer& dead : transport_->take_dead_peers()) {
      succession_->peer_dead(clock_.now(), dead.rank, dead.evidence, actions);
    }
    carry_out(actions);
  }
  incoming_.clear();
  static_cast<void>(transport_->poll(incoming_, kMessagesPerTurn));
  for (const transport::Incoming& incoming : incoming_) {
    ++stats_.messages_in;
    auto message = wire::decode(job_, incoming.bytes);
    if (!message) {
      ++stats_.messages_refused;
      if (message.error().code == ErrorCode::unsupported && incoming.from == master_ && !exit_) {
        exit_ = core::Exit{core::exit_code(core::Outcome::refused),
                           "the master runs another build: " + message.error().message};
        break;
      }
      continue;
    }
    receive(incoming.from, std::move(message).value());
  }
  polled_at_ = clock_.now();  // its end: what it took does not make the next one due
  return incoming_.size();
}

void WorkerDriver::receive(Rank from, wire::Message message) {
  bool as_worker = false;
  if (succession_ != nullptr) {
    const TimeUs now = clock_.now();
    const core::Term term = core::term_of(message.session);
    core::SuccessionActions actions;
    as_worker = is_worker_word(message.body);
    succession_->heard(now, from, as_worker, actions);
    if (const auto* claim = std::get_if<wire::Claim>(&message.body)) {
      succession_->on_message(now, from, term, *claim, actions);
    } else if (const auto* consent = std::get_if<wire::Consent>(&message.body)) {
      succession_->on_message(now, from, term, *consent, actions);
    } else if (const auto* welcome = std::get_if<wire::Welcome>(&message.body)) {
      const bool first = first_epoch_ == OwnerEpoch(0);
      if (first) first_epoch_ = OwnerEpoch(welcome->owner_epoch.value - term.value);
      succession_->welcomed(now, from, term, hooks_.may_claim(*welcome), actions);
      const bool present = from == succession_->master() && term == succession_->term();
      if (present) shards_from_ = welcome->shards_from;
    } else if (const auto* roster = std::get_if<wire::Roster>(&message.body)) {
      if (from == master_) succession_->roster(roster->gone);
    }
    carry_out(actions);
  }
  const bool hands_over = succession_ != nullptr && inheritance_.has_value();
  if (from != master_ || hands_over || as_worker) {
    if (!hands_over && is_early(message)) {
      early_.push_back({from, std::move(message)});
      if (early_.size() > kEarlyMax) early_.pop_front();
    }
    ++stats_.messages_refused;
    return;
  }
  step(core::WorkerMessage{std::move(message)});
  hear_early();
}

// Units from a master of which nothing is known yet: its Welcome has been overtaken. Nobody would
// say them again where the transport loses nothing.
bool WorkerDriver::is_early(const wire::Message& message) const {
  return succession_ != nullptr && std::holds_alternative<wire::Assign>(message.body) &&
         core::term_of(message.session) > followed_term_;
}

void WorkerDriver::hear_early() {
  for (Early& early : std::exchange(early_, {})) {
    if (early.from == master_) {
      step(core::WorkerMessage{std::move(early.message)});
    } else if (is_early(early.message)) {
      early_.push_back(std::move(early));
    }
  }
}

void WorkerDriver::carry_out(core::SuccessionActions& actions) {
  for (core::SuccessionAction& action : actions) {
    if (auto* send = std::get_if<core::SuccessionSend>(&action)) {
      const wire::Message message{core::session_before(succession_->term()), std::move(send->body)};
      static_cast<void>(transport_->send(send->to, wire::encode(job_, message)));
    } else if (const auto* distrust = std::get_if<core::Shun>(&action)) {
      if (distrust->rank == master_) distrusts_master_ = true;
      hooks_.peer_changed(distrust->rank, false);
      transport_->forget(distrust->rank);
    } else if (const auto* trust = std::get_if<core::Unshun>(&action)) {
      transport_->readmit(trust->rank);
      if (trust->rank == master_) distrusts_master_ = false;
      hooks_.peer_changed(trust->rank, true);
    } else if (const auto* follow = std::get_if<core::FollowMaster>(&action)) {
      master_ = follow->rank;
      followed_term_ = succession_->term();
      distrusts_master_ = false;
      hooks_.follows(master_);
      step(core::MasterChanged{});
    } else if (auto* take_over = std::get_if<core::TakeOver>(&action)) {
      inheritance_ = Inheritance{std::move(*take_over), first_epoch_, shards_from_};
    }
  }
}

void WorkerDriver::tick_if_due(TimeUs now) {
  if (now < next_tick_) return;
  next_tick_ = now + kTickUs;
  // Before the tick, which may find that nothing has moved.
  const std::uint64_t steps = shards_ == nullptr ? 0 : shards_->steps();
  if (steps != std::exchange(shard_steps_, steps)) step(core::ShardMoved{});
  if (succession_ != nullptr && !inheritance_) {
    core::SuccessionActions actions;
    succession_->tick(now, actions);
    carry_out(actions);
  }
  hear_ended(now);
  step(core::WorkerTick{});
}

void WorkerDriver::hear_ended(TimeUs now) {
  if (!process_hooks_.ended || now < next_look_) return;
  next_look_ = now + kProcessLookUs;
  for (const Rank rank : process_hooks_.ended()) step(core::ProcessEnded{rank});
}

void WorkerDriver::safe_point() {
  take_in_shared();
  if (exit_ || clock_.now() - polled_at_ < kUnitPollUs) return;
  static_cast<void>(receive_all());
  hear_shards();
  tick_if_due(clock_.now());
}

core::SafePoint WorkerDriver::save_point() {
  safe_point();
  return machine_.safe_point(clock_.now());
}

void WorkerDriver::save(std::uint64_t sequence, Bytes state) {
  if (exit_) return;
  step(core::StateSaved{sequence, std::make_shared<const Bytes>(std::move(state))});
}

void WorkerDriver::propose(const SharedValue& shared) {
  if (!exit_) step(core::SharedFound{shared});
}

void WorkerDriver::step(core::WorkerEvent event) {
  core::WorkerActions actions;
  machine_.step(clock_.now(), std::move(event), actions);
  for (core::WorkerAction& action : actions) {
    if (auto* send = std::get_if<core::WorkerSend>(&action)) {
      // A dead master is noticed by its silence; nothing can be done about a single message.
      if (distrusts_master_) continue;
      static_cast<void>(transport_->send(master_, wire::encode(job_, send->message)));
      was_outside_ = true;
    } else if (auto* execute = std::get_if<core::Execute>(&action)) {
      STEADFARM_ASSERT(!to_start_ && !running_);
      to_start_ = *execute;
    } else if (auto* changed = std::get_if<core::SharedChanged>(&action)) {
      if (in_background_) {
        shared_news_ = changed->shared;
      } else {
        executor_.shared_changed(changed->shared);
      }
    } else if (const auto* kept = std::get_if<core::KeepResult>(&action)) {
      shards_->keep(kept->key, kept->result);
    } else if (const auto* seal = std::get_if<core::SealShard>(&action)) {
      shards_->seal(seal->again);
    } else if (const auto* grant = std::get_if<core::OpenShards>(&action)) {
      if (shards_ != nullptr) shards_->open(grant->grant);
    } else if (const auto* watch = std::get_if<core::WatchProcesses>(&action)) {
      if (process_hooks_.watch) process_hooks_.watch(watch->processes);
    } else if (auto* exit = std::get_if<core::Exit>(&action)) {
      exit_ = std::move(*exit);
    }
  }
}

}  // namespace steadfarm::driver
