#include "sim/executor.hpp"

#include <algorithm>

namespace steadfarm::sim {

SimExecutor::SimExecutor(World& world, Record& record, std::uint32_t job, Rank rank,
                         std::function<void(const SharedValue&)> propose, SavePort save_port)
    : world_(world),
      record_(record),
      job_(job),
      rank_(rank),
      propose_(std::move(propose)),
      save_port_(std::move(save_port)) {}

void SimExecutor::start(const core::Execute& unit) {
  STEADFARM_ASSERT(!running_);
  const Workload& work = world_.workload;
  const std::uint32_t at = work.find(unit.key);
  const Workload::Entry* entry = at == Workload::kNone ? nullptr : &work.entries()[at];
  const bool bare = world_.options.range != 0 && unit.key.is_index();
  const Bytes payload = entry == nullptr || bare ? Bytes() : work.spawn_payload(entry->node);
  if (entry == nullptr || unit.job_seed != world_.options.seed ||
      !std::equal(payload.begin(), payload.end(), unit.payload.begin(), unit.payload.end())) {
    world_.verdict.fail(kExitWrong, "unit " + to_string(unit.key) +
                                        " was executed with another job's seed or payload");
    return;
  }
  ++world_.executions;
  record_.started(job_, rank_, unit.key, unit.attempt);
  node_ = entry->node;
  running_ = true;
  begin_steps(unit);
  const TimeUs duration_us = end_at_ - world_.now;
  // Every third unit looks outside on the way.
  look_at_ = node_.id % 3 == 0 && duration_us > 1 ? world_.now + duration_us / 2 : kNever;
  deadly_at_ = kNever;
  outcome_ = {};
  verdict_.begin();
  decide(*entry, at);
  world_.trace.event(world_.now, job_, rank_, "starts", node_.id, [&] {
    return to_string(unit.key) + "#" + std::to_string(unit.attempt.value) + " for " +
           std::to_string(duration_us) + " us from step " + std::to_string(steps_done_);
  });
}

// As long as it takes on this worker now. What makes it longer is bounded, or the job would be.
TimeUs SimExecutor::slowed(TimeUs duration_us) const {
  const auto found = world_.slow.find({job_, rank_});
  if (found == world_.slow.end() || world_.calm || found->second.until < world_.now) {
    return duration_us;
  }
  const TimeUs more_us = duration_us * (found->second.factor - 1);
  return duration_us + std::min(more_us, 5 * world_.options.timeout_us);
}

// The rest of the unit, after what was saved of it.
void SimExecutor::begin_steps(const core::Execute& unit) {
  const std::uint32_t steps = world_.workload.steps(node_);
  const TimeUs duration_us = slowed(world_.workload.duration_us(node_));
  steps_done_ = unit.saved_sequence;
  if (steps_done_ > 0) record_.resumed(unit.key, steps_done_, unit.saved_state);
  if (steps_done_ >= steps) {
    world_.verdict.fail(kExitWrong, "unit " + to_string(unit.key) + " was resumed past its end");
    steps_done_ = 0;
  }
  world_.recovery.steps_skipped += steps_done_;
  world_.steps += steps - steps_done_;
  end_at_ = world_.now + duration_us - duration_us * static_cast<TimeUs>(steps_done_) / steps;
  step_us_ = std::max<TimeUs>(1, duration_us / steps);
  step_at_ = steps_done_ + 1 < steps ? world_.now + step_us_ : kNever;
}

void SimExecutor::step() {
  STEADFARM_ASSERT(running_ && step_at_ != kNever);
  ++steps_done_;
  const bool more = steps_done_ + 1 < world_.workload.steps(node_);
  step_at_ = more ? world_.now + step_us_ : kNever;
  const core::SafePoint wish = save_port_.ask();
  if (wish == core::SafePoint::go_on) return;
  record_.saved(world_.workload.find(node_.id), steps_done_);
  save_port_.save(steps_done_, world_.workload.state(node_, steps_done_));
  if (wish != core::SafePoint::leave) return;
  verdict_.leave();
  step_at_ = kNever;
  if (swallows()) {
    outcome_.payload.assign(3, std::byte{0x2a});  // the result of no unit
    if (outcome_.reduced) outcome_.reduced = outcome_.payload;
    return;
  }
  end_at_ = world_.now;
  look_at_ = kNever;
  deadly_at_ = kNever;
}

// Some catch what ends them, and answer something all the same, when they would have ended.
bool SimExecutor::swallows() const {
  return node_.id % 3 == 1 && end_at_ != kNever && outcome_.status == wire::AnswerStatus::done;
}

void SimExecutor::decide(const Workload::Entry& entry, std::uint32_t unit) {
  constexpr std::string_view kMessage = "the simulated unit failed";
  bool fails = entry.kind == UnitKind::failing;
  if (entry.kind == UnitKind::flaky && record_.throws(unit) + 1 < world_.options.tries_max) {
    fails = !world_.calm && world_.process_prng.chance(0.6);
  }
  if (entry.kind == UnitKind::poison) {
    world_.tally.injected(FaultClass::poison_unit);
    const TimeUs left_us = end_at_ - world_.now;
    deadly_at_ = world_.now + (left_us > 0 ? world_.process_prng.between(0, left_us) : 0);
    end_at_ = kNever;
    look_at_ = kNever;
  } else if (fails) {
    world_.tally.injected(FaultClass::unit_throw);
    record_.threw(unit);
    outcome_.status = wire::AnswerStatus::failed;
    const auto* text = reinterpret_cast<const std::byte*>(kMessage.data());
    outcome_.payload.assign(text, text + kMessage.size());
  } else {
    outcome_.payload = world_.workload.result(node_);
    // The folds take all of it, so that the record can compare it.
    if (world_.options.shard_bytes > 0) outcome_.reduced = outcome_.payload;
    for (const Node& child : world_.workload.children(node_)) {
      outcome_.children.push_back({world_.workload.priority(child),
                                   world_.workload.spawn_payload(child),
                                   world_.workload.hints(child)});
    }
    if (look_at_ == kNever) look();
  }
}

void SimExecutor::look() {
  look_at_ = kNever;
  const std::optional<SharedValue> proposal = world_.workload.proposal(node_);
  if (!proposal || !is_better(*proposal, shared_)) return;
  if (outcome_.status == wire::AnswerStatus::done) outcome_.proposal = proposal;
  // A process of its own tells with its outcome alone, and others learn of it from the master. A
  // function tells at once, also if it fails later.
  if (world_.options.blocking == 0) return;
  shared_ = proposal;
  propose_(*proposal);
}

const worker::UnitOutcome* SimExecutor::finished() {
  if (!running_ || world_.now < end_at_) return nullptr;
  if (look_at_ != kNever) look();  // nobody let it look before
  running_ = false;
  step_at_ = kNever;
  verdict_.judge(outcome_);
  if (outcome_.left) {
    world_.trace.event(world_.now, job_, rank_, "leaves", node_.id);
    return &outcome_;
  }
  if (world_.options.proposals != 0) record_.pruned(job_, world_.workload.find(node_.id), shared_);
  world_.trace.event(world_.now, job_, rank_, "ends", node_.id, [&] {
    const bool done = outcome_.status == wire::AnswerStatus::done;
    return std::string(done ? "done, " : "failed, ") + std::to_string(outcome_.children.size()) +
           " children";
  });
  return &outcome_;
}

void SimExecutor::shared_changed(const SharedValue& shared) {
  if (is_better(shared, shared_)) shared_ = shared;
}

}  // namespace steadfarm::sim
