// What a worker keeps for a later master: answers until they are durable, and what it runs.
// PROTOCOL.md, section 10.
#include <utility>

#include "base/digest.hpp"
#include "core/worker.hpp"

namespace steadfarm::core {

// Without a take-over the answer is safe, or lost with all others, once the master has it.
void WorkerMachine::retain(std::uint32_t delta, std::shared_ptr<const wire::AnswerBatch> answers) {
  if (!options_.takeover || delta == 0 || delta <= durable_) return;
  retained_bytes_ += answers->bytes().size();
  retained_.push_back({delta, std::move(answers)});
  while (retained_bytes_ > options_.hand_in_bytes_max) {
    retained_bytes_ -= retained_.front().answers->bytes().size();
    retained_.pop_front();
  }
}

void WorkerMachine::on_body(wire::Beat& m, Session session, WorkerActions& /*out*/) {
  // An older master's deltas are numbered apart.
  if (m.durable > durable_ && term_of(session) == term_of(session_)) forget_durable(m.durable);
}

void WorkerMachine::forget_durable(std::uint32_t delta) {
  durable_ = delta;
  std::erase_if(retained_, [&](const Retained& kept) {
    if (kept.delta > delta) return false;
    retained_bytes_ -= kept.answers->bytes().size();
    return true;
  });
}

std::optional<std::uint64_t> WorkerMachine::running_digest() const {
  if (!options_.takeover || !running_key_.is_spawned()) return std::nullopt;
  return digest(running_payload_).lo;
}

// Nothing that the master before has said counts any more.
void WorkerMachine::begin_term(WorkerActions& out) {
  durable_ = 0;
  shared_version_ = 0;
  shared_unechoed_ = shared_.has_value();
  epoch_open_ = Epoch(0);
  stopping_ = false;
  hand_in_by_ = now_ + options_.hand_in_wait_us;
  hand_in_if_due(out);
}

// What is on the shelf is handed in as well if it is durable in time.
void WorkerMachine::hand_in_if_due(WorkerActions& out) {
  if (hand_in_by_ < 0 || (shelf_.count() > 0 && now_ < hand_in_by_)) return;
  hand_in_by_ = -1;
  hand_in(out);
  acknowledge_epoch(out);
}

// Everything that the new master may not have, in one message: when it has come, the master knows
// all that this worker can spare the others.
void WorkerMachine::hand_in(WorkerActions& out) {
  auto all = std::make_shared<wire::AnswerBatch>();
  for (const Retained& kept : std::exchange(retained_, {})) all->append(*kept.answers);
  if (handed_in_) all->append(*handed_in_->answers);
  for (const wire::Report& kept : std::exchange(unacked_, {})) all->append(*kept.answers);
  all->append(*std::exchange(outbox_, std::make_shared<wire::AnswerBatch>()));
  retained_bytes_ = 0;
  unacked_bytes_ = all->bytes().size();
  wire::HandIn message;
  message.report_seq = ++report_seq_;
  message.shared = shared_;
  if (executing_) message.running = {running_key_, running_attempt_, running_digest()};
  message.answers = std::move(all);
  handed_in_ = std::move(message);
  // The first one may have come before there was a master to hear it. In this session it would say
  // that we have been away.
  say_hello(Session(0), out);
  send_hand_in(out);
  if (executing_ && last_saved_) {
    send(wire::Partial{running_key_, running_attempt_, last_saved_->sequence, last_saved_->state},
         out);
  }
  if (idle()) report(out);
}

// A unit that has ended meanwhile is in a Report of its own.
void WorkerMachine::send_hand_in(WorkerActions& out) {
  handed_in_at_ = now_;
  wire::HandIn message = *handed_in_;
  const bool still_runs = executing_ && message.running && message.running->key == running_key_ &&
                          message.running->attempt == running_attempt_;
  if (!still_runs) message.running.reset();
  send(std::move(message), out);
}

}  // namespace steadfarm::core
