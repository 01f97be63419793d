// Messages as people read them in a trace.
#include "sim/network.hpp"

namespace steadfarm::sim {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

struct Describe {
  std::string operator()(const wire::Hello& m) const {
    return m.concurrent ? "Hello" : "Hello (no heartbeat thread)";
  }
  std::string operator()(const wire::Report& m) const {
    std::string out = "Report " + number(m.report_seq);
    m.answers->for_each([&](const wire::AnswerView& answer) {
      out += answer.status == wire::AnswerStatus::done ? " done " : " failed ";
      out += to_string(answer.key) + "#" + number(answer.attempt.value);
      if (answer.place) out += "@" + number(answer.place->shard.name.sequence);
      if (!answer.children.empty()) out += "(+" + number(answer.children.size()) + ")";
    });
    out += " assigns_seen=" + number(m.assigns_seen) + " unacked=" + number(m.unacked);
    if (m.kept != 0) out += " kept=" + number(m.kept);
    return m.idle ? out + " idle" : out;
  }
  std::string operator()(const wire::Heartbeat& m) const { return "Heartbeat " + number(m.seq); }
  std::string operator()(const wire::EpochAck& m) const {
    return "EpochAck " + number(m.epoch.value);
  }
  std::string operator()(const wire::Propose& m) const {
    return "Propose " + std::to_string(m.shared.value);
  }
  std::string operator()(const wire::Trouble& m) const { return "Trouble " + m.text; }
  std::string operator()(const wire::Goodbye& /*m*/) const { return "Goodbye"; }
  std::string operator()(const wire::Welcome& /*m*/) const { return "Welcome"; }
  std::string operator()(const wire::Assign& m) const {
    std::string out = "Assign " + number(m.assign_seq) + ":";
    for (const auto& head : m.units.heads) {
      out += " " + to_string(head.key) + "#" + number(head.attempt.value);
    }
    for (const auto& run : m.units.runs) {
      out += " [" + number(run.begin) + "," + number(run.begin + run.count) + ")#" +
             number(run.attempt.value);
    }
    for (const auto& saved : m.units.saved) {
      out += " " + to_string(m.units.heads[saved.head].key) + " from " + number(saved.sequence);
    }
    return out;
  }
  std::string operator()(const wire::Ack& m) const { return "Ack " + number(m.report_seq); }
  std::string operator()(const wire::Shared& m) const {
    return "Shared v" + number(m.version) + " " + std::to_string(m.shared.value);
  }
  std::string operator()(const wire::EpochOpen& m) const {
    return "EpochOpen " + number(m.epoch.value);
  }
  std::string operator()(const wire::Beat& m) const { return "Beat " + number(m.durable); }
  std::string operator()(const wire::Stop& /*m*/) const { return "Stop"; }
  std::string operator()(const wire::Shutdown& m) const {
    return "Shutdown " + std::to_string(m.exit_code);
  }
  std::string operator()(const wire::Recall& m) const {
    return "Recall " + number(m.recall_seq) + " of " + number(m.units);
  }
  std::string operator()(const wire::Returned& m) const {
    std::string out = "Returned " + number(m.recall_seq) + ":";
    for (const auto& unit : m.units) {
      out += " " + to_string(unit.key) + "#" + number(unit.attempt.value);
    }
    return out;
  }
  std::string operator()(const wire::Overdue& m) const {
    return "Overdue " + to_string(m.key) + "#" + number(m.attempt.value);
  }
  std::string operator()(const wire::HandIn& m) const {
    std::string out = "HandIn #" + number(m.report_seq);
    if (m.shared) out += " shared " + std::to_string(m.shared->value);
    if (m.running) {
      out += " runs " + to_string(m.running->key) + "#" + number(m.running->attempt.value);
    }
    m.answers->for_each([&](const wire::AnswerView& answer) {
      out += " " + to_string(answer.key) + "#" + number(answer.attempt.value);
    });
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
    std::string out = "Neighbours:";
    for (const wire::Process& process : m.processes) {
      out += " " + std::to_string(process.rank.value);
    }
    return out;
  }
  std::string operator()(const wire::Ended& m) const {
    return "Ended " + std::to_string(m.process.rank.value) + " pid " + number(m.process.pid) +
           " of " + number(m.process.started);
  }
  std::string operator()(const wire::Partial& m) const {
    return "Partial " + to_string(m.key) + "#" + number(m.attempt.value) + " at " +
           number(m.sequence);
  }
};

}  // namespace

std::string text_of(const wire::Message& message) {
  return std::visit(Describe{}, message.body) + " (session " + number(message.session.value) + ")";
}

}  // namespace steadfarm::sim
