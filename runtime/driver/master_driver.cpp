#include "driver/master_driver.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace steadfarm::driver {
namespace {
constexpr std::size_t kMessagesPerTurn = 256;
constexpr TimeUs kTickUs = 10'000;
constexpr TimeUs kLastWordsUs = 20'000;  // what a process sent before its end is here by then
}  // namespace

MasterDriver::MasterDriver(core::Master& machine, transport::Transport& transport,
                           GenerationWriter* writer, Clock& clock, wire::JobId job,
                           MasterHooks hooks)
    : machine_(machine),
      transport_(transport),
      writer_(writer),
      clock_(clock),
      job_(job),
      hooks_(std::move(hooks)) {}

void MasterDriver::start() {
  step(core::Started{});
  step(core::Tick{});
}

std::size_t MasterDriver::turn() {
  if (finish_) return 0;
  for (transport::DeadPeer& dead : transport_.take_dead_peers()) {
    has_ended(dead.rank, std::move(dead.evidence), core::LossKind::transport);
  }
  const std::size_t heard = hear_writer() + hear_spawner();
  incoming_.clear();
  const std::size_t count = transport_.poll(incoming_, kMessagesPerTurn);
  for (const transport::Incoming& incoming : incoming_) receive(incoming);
  stats_.messages_in += count;
  // Silence is judged only after everything that has arrived was heard.
  const TimeUs now = clock_.now();
  if (count < kMessagesPerTurn && now >= next_tick_) {
    next_tick_ = now + kTickUs;
    hear_ended(now);
    // Before the tick, which may find that nothing has moved.
    const std::uint64_t steps = writer_ == nullptr ? 0 : writer_->steps();
    if (steps != std::exchange(store_steps_, steps)) step(core::StoreMoved{});
    step(core::Tick{});
  }
  return count + heard;
}

void MasterDriver::has_ended(Rank rank, std::string evidence, core::LossKind how) {
  core::PeerLost loss;
  loss.rank = rank;
  loss.evidence = std::move(evidence);
  loss.how = how;
  ended_.push_back({std::move(loss), clock_.now()});
}

// A process that has ended sends nothing more. What it had sent is heard first: a goodbye among it
// makes its end no loss. MPI, too, may tell of an end before it hands that over, and so may the
// worker on its host that has seen it.
void MasterDriver::hear_ended(TimeUs now) {
  if (hooks_.ended_processes) {
    for (const Rank rank : hooks_.ended_processes()) {
      has_ended(rank, "its process has ended", core::LossKind::process);
    }
  }
  for (const Ended& ended : ended_) {
    if (now - ended.seen_at >= kLastWordsUs) step(ended.event);
  }
  std::erase_if(ended_, [&](const Ended& e) { return now - e.seen_at >= kLastWordsUs; });
}

std::size_t MasterDriver::hear_writer() {
  if (writer_ == nullptr) return 0;
  std::optional<Result<Generation>> done = writer_->take_done();
  if (!done) return 0;
  if (*done) {
    ++stats_.publishes;
    stats_.durable_us_max = std::max(stats_.durable_us_max, clock_.now() - writing_since_);
    step(core::GenerationDurable{writing_, done->value()});
  } else {
    step(core::GenerationFailed{writing_, done->error()});
  }
  return 1;
}

// Before the transport is polled: what it says from now on comes from a rank that is known.
std::size_t MasterDriver::hear_spawner() {
  if (spawner_ == nullptr) return 0;
  const std::optional<transport::Spawner::Done> done = spawner_->take_done();
  if (!done) return 0;
  if (done->status) {
    ++stats_.workers_replaced;
    step(core::ReplacementStarted{done->rank});
  } else {
    step(core::ReplacementFailed{done->rank, done->status.error()});
  }
  return 1;
}

void MasterDriver::receive(const transport::Incoming& incoming) {
  auto message = wire::decode(job_, incoming.bytes);
  if (!message) {
    ++stats_.messages_refused;
    if (message.error().code == ErrorCode::unsupported) hear_stranger(incoming);
    return;
  }
  if (hooks_.hello) {
    const auto* hello = std::get_if<wire::Hello>(&message.value().body);
    if (hello != nullptr) hooks_.hello(incoming.from, *hello);
  }
  core::MessageFrom event{incoming.from, std::move(message).value()};
  if (std::holds_alternative<wire::Ended>(event.message.body)) {
    ended_.push_back({std::move(event), clock_.now()});
  } else {
    step(event);
  }
}

// A rank of another build, perhaps of another release, that nobody would understand otherwise.
void MasterDriver::hear_stranger(const transport::Incoming& incoming) {
  const std::optional<wire::Stranger> stranger = wire::read_stranger(incoming.bytes);
  if (!stranger) return;
  const int code = core::exit_code(core::Outcome::refused);
  static_cast<void>(transport_.send(incoming.from, wire::shutdown_for(*stranger, code)));
  step(core::StrangerHeard{incoming.from, stranger->version, stranger->host, stranger->build});
}

void MasterDriver::step(const core::Event& event) {
  STEADFARM_ASSERT(!stepping_);
  stepping_ = true;
  actions_.clear();
  machine_.step(clock_.now(), event, actions_);
  carry_out(actions_);
  if (hooks_.stepped) hooks_.stepped();
  while (!follow_ups_.empty()) {
    const core::Event next = std::move(follow_ups_.front());
    follow_ups_.pop_front();
    actions_.clear();
    machine_.step(clock_.now(), next, actions_);
    carry_out(actions_);
    if (hooks_.stepped) hooks_.stepped();
  }
  stepping_ = false;
}

void MasterDriver::carry_out(core::Actions& actions) {
  for (core::Action& action : actions) {
    if (auto* send = std::get_if<core::Send>(&action)) {
      ++stats_.messages_out;
      const Status status = transport_.send(send->to, wire::encode(job_, send->message));
      if (!status) refused(*send, status.error().message);
    } else if (auto* accept = std::get_if<core::Accept>(&action)) {
      if (accept->place) {
        if (hooks_.fold_reduced) hooks_.fold_reduced(accept->key, accept->payload, *accept->place);
      } else if (hooks_.fold) {
        hooks_.fold(accept->key, accept->payload);
      }
    } else if (auto* due = std::get_if<core::FoldInOrder>(&action)) {
      if (hooks_.fold_in_order) hooks_.fold_in_order(due->key, due->payload);
    } else if (auto* persist_action = std::get_if<core::Persist>(&action)) {
      persist(*persist_action);
    } else if (auto* note = std::get_if<core::Note>(&action)) {
      if (note->kind == core::NoteKind::worker_lost) ++stats_.workers_lost;
      if (note->kind == core::NoteKind::stopping && writer_ != nullptr) writer_->hurry();
      if (hooks_.note) hooks_.note(*note);
    } else if (auto* committed = std::get_if<core::Committed>(&action)) {
      if (hooks_.committed) hooks_.committed(*committed);
    } else if (auto* forget = std::get_if<core::Forget>(&action)) {
      if (hooks_.peer_changed) hooks_.peer_changed(forget->rank, false);
      transport_.forget(forget->rank);
    } else if (auto* readmit = std::get_if<core::Readmit>(&action)) {
      transport_.readmit(readmit->rank);
      if (hooks_.peer_changed) hooks_.peer_changed(readmit->rank, true);
    } else if (const auto* suspect = std::get_if<core::Suspect>(&action)) {
      if (hooks_.peer_changed) hooks_.peer_changed(suspect->rank, false);
    } else if (const auto* trust = std::get_if<core::Trust>(&action)) {
      if (hooks_.peer_changed) hooks_.peer_changed(trust->rank, true);
    } else if (auto* spawn = std::get_if<core::Spawn>(&action)) {
      STEADFARM_ASSERT(spawner_ != nullptr);
      spawner_->start(spawn->rank);
    } else if (auto* finish = std::get_if<core::Finish>(&action)) {
      finish_ = std::move(*finish);
    }
  }
}

// One event a peer and step, whatever of several messages it was that did not leave.
void MasterDriver::refused(const core::Send& send, const std::string& evidence) {
  const auto* assign = std::get_if<wire::Assign>(&send.message.body);
  const std::uint32_t unsent = assign != nullptr ? assign->assign_seq : 0;
  for (core::Event& event : follow_ups_) {
    auto* lost = std::get_if<core::PeerLost>(&event);
    if (lost == nullptr || lost->rank != send.to) continue;
    if (lost->unsent_assign == 0) lost->unsent_assign = unsent;
    return;
  }
  follow_ups_.emplace_back(core::PeerLost{send.to, evidence, unsent});
}

// The outcome is heard in a later turn: meanwhile the loop goes on.
void MasterDriver::persist(const core::Persist& action) {
  STEADFARM_ASSERT(writer_ != nullptr);
  const TimeUs before = clock_.now();
  if (hooks_.save_fold) action.delta->fold_state = hooks_.save_fold();
  writing_ = action.delta->epoch;
  writing_since_ = before;
  writer_->start(action.delta);
  stats_.publish_us_max = std::max(stats_.publish_us_max, clock_.now() - before);
}

}  // namespace steadfarm::driver
