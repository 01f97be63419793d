#include "print.hpp"

namespace steadfarm::scenario {
namespace {

std::string num(std::uint64_t value) { return std::to_string(value); }

std::string print_shared(const SharedValue& shared) {
  return std::to_string(shared.value) + " " + quoted(shared.witness);
}

std::string print_runs(const std::vector<core::Interval>& runs) {
  std::string out;
  for (const core::Interval& run : runs) {
    out += " " + num(run.begin);
    if (run.count() > 1) out += ".." + num(run.end - 1);
  }
  return out;
}

std::string print_hints(const UnitHints& hints) {
  std::string out;
  if (hints.expected_us != 0) out += " expected_us=" + num(hints.expected_us);
  if (hints.affinity != 0) out += " affinity=" + num(hints.affinity);
  return hints.repeatable ? out : out + " not-repeatable";
}

std::string print_history(std::uint32_t tries, std::uint32_t deaths) {
  return " tries=" + num(tries) + " deaths=" + num(deaths);
}

std::string print_place(const ShardPlace& place) {
  const ShardName& name = place.shard.name;
  return "in-shard " + num(name.owner_epoch.value) + "-" + num(name.nonce) + "-" +
         num(name.sequence) + " row=" + num(place.row) + " bytes=" + num(place.bytes);
}

std::string print_processes(const std::vector<wire::Process>& processes) {
  std::string out;
  for (const wire::Process& process : processes) {
    out += " " + std::to_string(process.rank.value) + "/" + num(process.pid) + "/" +
           num(process.started);
  }
  return out;
}

struct BodyPrinter {
  const UnitNames& names;

  std::string operator()(const wire::Hello& m) const {
    return "Hello " + m.host + " pid=" + num(m.pid) + (m.concurrent ? " concurrent" : "");
  }
  std::string operator()(const wire::Report& m) const {
    std::string out = "Report";
    if (m.report_seq != 0) out += " #" + num(m.report_seq);
    if (m.idle) out += " idle";
    out += " seen=" + num(m.assigns_seen) + " unacked=" + num(m.unacked);
    if (m.shared_version != 0) out += " shared=v" + num(m.shared_version);
    if (m.executed != 0) out += " executed=" + num(m.executed) + " busy_us=" + num(m.busy_us);
    if (m.kept != 0) out += " kept=" + num(m.kept);
    m.answers->for_each([&](const wire::AnswerView& answer) { out += " | " + print(answer); });
    return out;
  }
  [[nodiscard]] std::string print(const wire::AnswerView& answer) const {
    const bool done = answer.status == wire::AnswerStatus::done;
    std::string out = std::string(done ? "done " : "failed ") + names.name(answer.key) + "/" +
                      num(answer.attempt.value) + " " + quoted(answer.payload);
    if (answer.proposal_value) {
      out += " proposes " + std::to_string(*answer.proposal_value) + " " +
             quoted(answer.proposal_witness);
    }
    if (answer.place) out += " " + print_place(*answer.place);
    for (const wire::Child& child : answer.children) {
      out += " child " + quoted(child.payload);
      if (child.priority != 0) out += " priority=" + std::to_string(child.priority);
      out += print_hints(child.hints);
    }
    return out;
  }
  std::string operator()(const wire::Heartbeat& m) const { return "Heartbeat #" + num(m.seq); }
  std::string operator()(const wire::EpochAck& m) const { return "EpochAck " + num(m.epoch.value); }
  std::string operator()(const wire::Propose& m) const {
    return "Propose " + print_shared(m.shared);
  }
  std::string operator()(const wire::Trouble& m) const { return "Trouble: " + m.text; }
  std::string operator()(const wire::Goodbye& /*m*/) const { return "Goodbye"; }
  std::string operator()(const wire::Welcome& m) const {
    const std::uint64_t owner_epoch = m.shards.owner_epoch.value;
    return "Welcome seed=" + num(m.job_seed) +
           (owner_epoch == 0 ? "" : " shards-of=" + num(owner_epoch)) +
           (m.owner_epoch == OwnerEpoch(0) ? "" : " owner=" + num(m.owner_epoch.value));
  }
  std::string operator()(const wire::Assign& m) const {
    std::string out = "Assign #" + num(m.assign_seq);
    std::size_t at = 0;
    for (const auto& head : m.units.heads) {
      out += " " + names.name(head.key) + "/" + num(head.attempt.value);
      out += quoted(ByteView(m.units.bytes).subspan(at, head.payload_bytes));
      at += head.payload_bytes;
    }
    at = 0;
    for (const auto& saved : m.units.saved) {
      out += " " + names.name(m.units.heads[saved.head].key) + " from " + num(saved.sequence) +
             " " + quoted(ByteView(m.units.states).subspan(at, saved.state_bytes));
      at += saved.state_bytes;
    }
    for (const auto& run : m.units.runs) {
      out += print_runs({{run.begin, run.begin + run.count}}) + "/" + num(run.attempt.value);
    }
    return out;
  }
  std::string operator()(const wire::Ack& m) const {
    return "Ack #" + num(m.report_seq) + (m.delta != 0 ? " delta=" + num(m.delta) : "");
  }
  std::string operator()(const wire::Shared& m) const {
    return "Shared v" + num(m.version) + " " + print_shared(m.shared);
  }
  std::string operator()(const wire::EpochOpen& m) const {
    return "EpochOpen " + num(m.epoch.value);
  }
  std::string operator()(const wire::Beat& m) const {
    return m.durable != 0 ? "Beat durable=" + num(m.durable) : "Beat";
  }
  std::string operator()(const wire::Stop& /*m*/) const { return "Stop"; }
  std::string operator()(const wire::Shutdown& m) const {
    return "Shutdown " + std::to_string(m.exit_code);
  }
  std::string operator()(const wire::Recall& m) const {
    return "Recall #" + num(m.recall_seq) + " of " + num(m.units);
  }
  std::string operator()(const wire::Returned& m) const {
    std::string out = "Returned #" + num(m.recall_seq);
    for (const auto& unit : m.units)
      out += " " + names.name(unit.key) + "/" + num(unit.attempt.value);
    return out;
  }
  std::string operator()(const wire::Overdue& m) const {
    return "Overdue " + names.name(m.key) + "/" + num(m.attempt.value);
  }
  std::string operator()(const wire::HandIn& m) const {
    std::string out = "HandIn #" + num(m.report_seq);
    if (m.shared) out += " shared " + std::to_string(m.shared->value);
    if (m.running) {
      out += " runs " + names.name(m.running->key) + "/" + num(m.running->attempt.value);
    }
    m.answers->for_each([&](const wire::AnswerView& answer) { out += " | " + print(answer); });
    return out;
  }
  std::string operator()(const wire::Roster& m) const {
    std::string out = "Roster gone:";
    for (const Rank rank : m.gone) out += " " + std::to_string(rank.value);
    return out;
  }
  std::string operator()(const wire::Claim& m) const {
    return m.certain ? "Claim certain" : "Claim";
  }
  std::string operator()(const wire::Consent& m) const {
    if (m.verdict == wire::Verdict::yes) return "Consent";
    if (m.verdict == wire::Verdict::master_lives) return "Refusal";
    return "Follow " + std::to_string(m.follow.value);
  }
  std::string operator()(const wire::Neighbours& m) const {
    return "Neighbours" + print_processes(m.processes);
  }
  std::string operator()(const wire::Ended& m) const {
    return "Ended" + print_processes({m.process});
  }
  std::string operator()(const wire::Partial& m) const {
    return "Partial " + names.name(m.key) + "/" + num(m.attempt.value) + " at " + num(m.sequence) +
           " " + quoted(*m.state);
  }
};

std::string print_saved(const core::Execute& execute) {
  if (execute.saved_sequence == 0) return {};
  return " from " + num(execute.saved_sequence) + " " + quoted(execute.saved_state);
}

std::string print_session(Session session) { return "(s" + num(session.value) + ") "; }

void print_delta(const core::GenerationDelta& delta, const UnitNames& names, Lines& out) {
  out.push_back("persist epoch " + num(delta.epoch.value) + (delta.complete ? " complete" : ""));
  if (!delta.pending_indices.empty())
    out.push_back("  pending" + print_runs(delta.pending_indices));
  for (const auto& unit : delta.retried) {
    out.push_back("  retried " + num(unit.index) + print_history(unit.tries, unit.deaths));
  }
  for (const auto& unit : delta.added) {
    out.push_back("  added " + names.name(unit.key) + " " + quoted(unit.payload) +
                  " priority=" + std::to_string(unit.priority) +
                  print_history(unit.tries, unit.deaths) + print_hints(unit.hints));
  }
  for (const UnitKey& key : delta.removed) out.push_back("  removed " + names.name(key));
  for (const auto& partial : delta.partials) {
    out.push_back("  partial " + names.name(partial.key) + " at " + num(partial.sequence) + " " +
                  quoted(partial.view()));
  }
  for (const auto& unit : delta.failed) {
    out.push_back("  failed " + names.name(unit.key) + print_history(unit.tries, unit.deaths) +
                  " " + quoted(to_bytes(unit.message)));
  }
  for (std::size_t i = 0; i < delta.results.size(); ++i) {
    out.push_back("  result " + names.name(delta.results.keys[i]) + " " +
                  quoted(delta.results.payload(i)));
  }
  for (std::size_t i = 0; i < delta.held.size(); ++i) {
    out.push_back("  held " + names.name(delta.held.keys[i]) + " " + quoted(delta.held.payload(i)));
  }
  if (delta.shared) out.push_back("  shared " + print_shared(*delta.shared));
  const core::Counters& c = delta.counters;
  out.push_back("  accepted=" + num(c.accepted) + " failed=" + num(c.failed) +
                " executions=" + num(c.executions) + " spawned=" + num(c.spawned));
}

// Rank and unit are printed where the kind has them.
std::string print_note(const core::Note& note, const UnitNames& names) {
  std::string out = std::string("note ") + core::to_string(note.kind);
  if (note.rank != Rank(0)) out += " rank=" + std::to_string(note.rank.value);
  switch (note.kind) {
    case core::NoteKind::unit_retried:
    case core::NoteKind::unit_failed:
    case core::NoteKind::unit_quarantined:
    case core::NoteKind::unit_resumed:
    case core::NoteKind::partial_refused:
    case core::NoteKind::answer_duplicate:
    case core::NoteKind::answer_stray:
    case core::NoteKind::unit_doubled:
    case core::NoteKind::unit_overdue:
    case core::NoteKind::work_went_on:
      out += " unit=" + names.name(note.unit);
      break;
    default:
      break;
  }
  out += " count=" + num(note.count);
  return note.text.empty() ? out : out + ": " + note.text;
}

}  // namespace

std::string quoted(ByteView bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const std::byte byte : bytes) {
    const auto code = std::to_integer<unsigned>(byte);
    if (code >= 0x20 && code < 0x7F && code != '"' && code != '\\') {
      out += static_cast<char>(code);
    } else {
      out += std::string("\\x") + digits[code >> 4U] + digits[code & 15U];
    }
  }
  return out + "\"";
}

std::string print(const wire::Body& body, const UnitNames& names) {
  return std::visit(BodyPrinter{names}, body);
}

void print(const core::Action& action, const UnitNames& names, Lines& out) {
  if (const auto* send = std::get_if<core::Send>(&action)) {
    out.push_back("send " + std::to_string(send->to.value) + " " +
                  print_session(send->message.session) + print(send->message.body, names));
  } else if (const auto* accept = std::get_if<core::Accept>(&action)) {
    out.push_back("accept " + names.name(accept->key) + " " + quoted(accept->payload) +
                  (accept->place ? " " + print_place(*accept->place) : ""));
  } else if (const auto* due = std::get_if<core::FoldInOrder>(&action)) {
    out.push_back("fold " + names.name(due->key) + " " + quoted(due->payload));
  } else if (const auto* persist = std::get_if<core::Persist>(&action)) {
    print_delta(*persist->delta, names, out);
  } else if (const auto* committed = std::get_if<core::Committed>(&action)) {
    out.push_back("committed generation " + num(committed->generation.value) +
                  " accepted=" + num(committed->accepted));
  } else if (const auto* forget = std::get_if<core::Forget>(&action)) {
    out.push_back("forget " + std::to_string(forget->rank.value));
  } else if (const auto* back = std::get_if<core::Readmit>(&action)) {
    out.push_back("readmit " + std::to_string(back->rank.value));
  } else if (const auto* suspect = std::get_if<core::Suspect>(&action)) {
    out.push_back("suspect " + std::to_string(suspect->rank.value));
  } else if (const auto* trust = std::get_if<core::Trust>(&action)) {
    out.push_back("trust " + std::to_string(trust->rank.value));
  } else if (const auto* spawn = std::get_if<core::Spawn>(&action)) {
    out.push_back("spawn " + std::to_string(spawn->rank.value));
  } else if (const auto* note = std::get_if<core::Note>(&action)) {
    out.push_back(print_note(*note, names));
  } else if (const auto* finish = std::get_if<core::Finish>(&action)) {
    out.push_back(std::string("finish ") + core::to_string(finish->outcome) + ", exit code " +
                  std::to_string(core::exit_code(finish->outcome)) +
                  (finish->reason.empty() ? "" : ": " + finish->reason));
  }
}

void print(const core::WorkerAction& action, const UnitNames& names, Lines& out) {
  if (const auto* send = std::get_if<core::WorkerSend>(&action)) {
    out.push_back("send " + print_session(send->message.session) +
                  print(send->message.body, names));
  } else if (const auto* execute = std::get_if<core::Execute>(&action)) {
    out.push_back("execute " + names.name(execute->key) + "/" + num(execute->attempt.value) + " " +
                  quoted(execute->payload) + " job_seed=" + num(execute->job_seed) +
                  print_saved(*execute));
  } else if (const auto* changed = std::get_if<core::SharedChanged>(&action)) {
    out.push_back("shared " + print_shared(changed->shared));
  } else if (const auto* opened = std::get_if<core::OpenShards>(&action)) {
    out.push_back("open shards of owner " + num(opened->grant.owner_epoch.value));
  } else if (const auto* kept = std::get_if<core::KeepResult>(&action)) {
    out.push_back("keep " + names.name(kept->key) + " " + quoted(kept->result));
  } else if (const auto* seal = std::get_if<core::SealShard>(&action)) {
    out.emplace_back(seal->again ? "seal again" : "seal");
  } else if (const auto* watch = std::get_if<core::WatchProcesses>(&action)) {
    out.push_back("watch" + print_processes(watch->processes));
  } else if (const auto* leave = std::get_if<core::Exit>(&action)) {
    out.push_back("exit " + std::to_string(leave->exit_code) +
                  (leave->reason.empty() ? "" : ": " + leave->reason));
  }
}

}  // namespace steadfarm::scenario
