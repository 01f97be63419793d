#include <algorithm>

#include "answers.hpp"
#include "core/master.hpp"
#include "machine_script.hpp"
#include "master_setup.hpp"

namespace steadfarm::scenario {
namespace {

constexpr TimeUs kRunStep = 100'000;

class MasterScript : public MachineScript {
 public:
  void run(const Command& command, TimeUs& now, Lines& out) override {
    if (command.verb == "recovered") {
      recovered_ = to_recovered(command, names_);
    } else if (command.verb == "new") {
      make(command, now, out);
    } else if (!master_) {
      bad_script("new or recovered wanted first: " + command.verb);
    } else if (command.verb == "run") {
      run_to(command, now, out);
    } else if (command.verb == "show") {
      show(out);
    } else {
      step(now, to_event(command), out);
    }
  }

 private:
  // What the script's worker knows, so that a command says only what is out of the ordinary.
  struct Peer {
    Session session;
    std::uint32_t assigns = 0;
    std::uint32_t reports = 0;
    std::uint64_t beats = 0;
  };

  void make(const Command& command, TimeUs now, Lines& out) {
    core::IndexUnits units = to_index_units(command, payloads_);
    if (const auto hints = command.option("hints")) {
      hints_ = std::make_unique<NamedHints>(*hints);
      units.hints = hints_.get();
    }
    std::vector<Rank> ranks;
    for (std::int32_t rank = 1; rank <= command.number("workers", 1); ++rank) {
      ranks.emplace_back(rank);
    }
    if (recovered_) {
      const Status status = core::Master::validate(*recovered_, units.count);
      if (!status) bad_script(status.error().message);
    }
    master_ =
        std::make_unique<core::Master>(to_master_options(command), units, ranks, now, recovered_);
    step(now, core::Started{}, out);
  }

  void step(TimeUs now, const core::Event& event, Lines& out) {
    core::Actions actions;
    master_->step(now, event, actions);
    master_->check_invariants();
    for (const core::Action& action : actions) {
      print(action, names_, out);
      if (const auto* persist = std::get_if<core::Persist>(&action)) epoch_ = persist->delta->epoch;
      if (const auto* send = std::get_if<core::Send>(&action)) sent(*send);
    }
  }

  void sent(const core::Send& send) {
    Peer& peer = peers_[send.to];
    if (peer.session != send.message.session) peer.assigns = 0;
    peer.session = send.message.session;
    if (const auto* open = std::get_if<wire::EpochOpen>(&send.message.body)) opened_ = open->epoch;
    if (const auto* assign = std::get_if<wire::Assign>(&send.message.body)) {
      peer.assigns = assign->assign_seq;
    }
  }

  // Ticks up to a time, with these workers heard before each; what comes out carries its time.
  void run_to(const Command& command, TimeUs& now, Lines& out) {
    const TimeUs end = to_time(command.words.at(0));
    while (now + kRunStep <= end) {
      now += kRunStep;
      Lines lines;
      for (std::size_t i = 2; i < command.words.size(); ++i) {
        step(now, heartbeat(command.words[i]), lines);
      }
      step(now, core::Tick{}, lines);
      char time[32];
      std::snprintf(time, sizeof time, "[%.1f] ", static_cast<double>(now) * 1e-6);
      for (const std::string& line : lines) out.push_back(time + line);
    }
  }

  void show(Lines& out) const {
    const core::Progress p = master_->progress();
    out.push_back("total=" + std::to_string(p.total) + " pending=" + std::to_string(p.pending) +
                  " leased=" + std::to_string(p.leased) +
                  " accepted=" + std::to_string(p.counters.accepted) + " committed=" +
                  std::to_string(p.committed) + " failed=" + std::to_string(p.counters.failed) +
                  " alive=" + std::to_string(p.workers_alive) +
                  " generation=" + std::to_string(p.generation.value));
  }

  core::Event heartbeat(const std::string& rank) {
    return from(rank, wire::Heartbeat{++peers_[to_rank(rank)].beats});
  }

  static Rank to_rank(const std::string& text) {
    return Rank(static_cast<std::int32_t>(to_number(text)));
  }
  static wire::Process process_of(const std::string& rank) {
    const auto number = static_cast<std::uint32_t>(to_number(rank));
    return {to_rank(rank), 100 + number, 1000 + number};
  }
  core::Event from(const std::string& rank, wire::Body body) {
    return core::MessageFrom{to_rank(rank), {peers_[to_rank(rank)].session, std::move(body)}};
  }
  static std::string rest_after(const Command& command, std::size_t words) {
    std::string out;
    for (std::size_t i = words; i < command.words.size(); ++i) {
      out += (out.empty() ? "" : " ") + command.words[i];
    }
    return out;
  }

  core::Event to_event(const Command& c) {
    if (c.verb == "tick") return core::Tick{};
    if (c.verb == "checkpoint") return core::CheckpointRequested{};
    if (c.verb == "store-moves") return core::StoreMoved{};
    if (c.verb == "stop") return core::StopRequested{c.rest};
    if (c.verb == "durable") {
      generation_ = generation_.next();
      return core::GenerationDurable{Epoch(epoch_of(c)), generation_};
    }
    if (c.verb == "fail-generation") {
      return core::GenerationFailed{Epoch(epoch_of(c)), {ErrorCode::io, rest_after(c, 0)}};
    }
    if (c.verb == "fence") {
      return core::GenerationFailed{epoch_, {ErrorCode::fenced, rest_after(c, 0)}};
    }
    if (c.words.empty()) bad_script("unknown command: " + c.verb);
    const std::string& rank = c.words[0];
    if (c.verb == "spawned") return core::ReplacementStarted{to_rank(rank)};
    if (c.verb == "fail-spawn") {
      return core::ReplacementFailed{to_rank(rank), {ErrorCode::unsupported, rest_after(c, 1)}};
    }
    if (c.verb == "lose") return core::PeerLost{to_rank(rank), rest_after(c, 1)};
    if (c.verb == "hello") {
      // A first word carries no session.
      const bool silent = c.words.size() > 1 && c.words[1] == "silent-while-computing";
      const Session session(static_cast<std::uint32_t>(c.number("session", 0)));
      // Ranks on a named machine have the process id and the start that their rank makes.
      wire::Hello hello{"host", 1, !silent};
      if (const auto machine = c.option("machine")) {
        const wire::Process own = process_of(rank);
        hello = {*machine, own.pid, !silent, *machine + "/1", own.started};
      }
      hello.build = c.option("build").value_or("");
      return core::MessageFrom{to_rank(rank), {session, std::move(hello)}};
    }
    if (c.verb == "stranger") {  // a Hello of another version of the protocol
      const auto version = static_cast<std::uint32_t>(c.number("version", 1));
      return core::StrangerHeard{to_rank(rank), version, "host", c.option("build").value_or("")};
    }
    if (c.verb == "ended") {  // ended 3 5 started=7: rank 3 has seen the process of rank 5 end
      wire::Process process = process_of(c.words.at(1));
      process.pid = static_cast<std::uint32_t>(c.number("pid", process.pid));
      process.started =
          static_cast<std::uint64_t>(c.number("started", std::int64_t(process.started)));
      return from(rank, wire::Ended{process});
    }
    if (c.verb == "heartbeat") return heartbeat(rank);
    if (c.verb == "goodbye") return from(rank, wire::Goodbye{});
    if (c.verb == "ack-epoch") {
      const bool told = c.words.size() > 1;
      return from(rank, wire::EpochAck{told ? Epoch(epoch_number(c, 1)) : opened_});
    }
    if (c.verb == "partial") {
      const NamedAttempt unit = to_attempts(c.words.at(1)).front();
      NamedState named = to_state(c.words.at(2));
      return from(rank, wire::Partial{names_.key(unit.unit), unit.attempt, named.sequence,
                                      std::make_shared<const Bytes>(std::move(named.state))});
    }
    if (c.verb == "overdue") {
      const NamedAttempt unit = to_attempts(c.words.at(1)).front();
      return from(rank, wire::Overdue{names_.key(unit.unit), unit.attempt});
    }
    if (c.verb == "returned") return returned(c);
    if (c.verb == "propose") return from(rank, wire::Propose{to_shared(c.words.at(1))});
    if (c.verb == "report") return report(c);
    bad_script("unknown command: " + c.verb);
  }

  // returned 1 seq=2 7..9/1 3/2: these units, as the answer to Recall 2.
  core::Event returned(const Command& c) {
    wire::Returned m{static_cast<std::uint32_t>(c.number("seq", 1)), {}};
    for (std::size_t i = 1; i < c.words.size(); ++i) {
      if (c.words[i].find('=') != std::string::npos) continue;
      for (const NamedAttempt& named : to_attempts(c.words[i])) {
        m.units.push_back({names_.key(named.unit), named.attempt});
      }
    }
    const auto current = static_cast<std::int64_t>(peers_[to_rank(c.words[0])].session.value);
    const Session session(static_cast<std::uint32_t>(c.number("session", current)));
    return core::MessageFrom{to_rank(c.words[0]), {session, std::move(m)}};
  }

  [[nodiscard]] std::uint64_t epoch_number(const Command& c, std::size_t word) const {
    return static_cast<std::uint64_t>(to_number(c.words.at(word)));
  }
  [[nodiscard]] std::uint64_t epoch_of(const Command& c) const {
    return static_cast<std::uint64_t>(c.number("epoch", static_cast<std::int64_t>(epoch_.value)));
  }

  core::Event report(const Command& c) {
    Peer& peer = peers_[to_rank(c.words[0])];
    AnswerWords answers(names_);
    wire::Report report;
    for (std::size_t at = 1; at < c.words.size(); ++at) {
      const std::string& word = c.words[at];
      if (word == "idle") {
        report.idle = true;
      } else if (!answers.read(c.words, at)) {
        const std::string name = word.substr(0, word.find('='));
        const bool known = name == "seq" || name == "seen" || name == "unacked" ||
                           name == "shared" || name == "each_us" || name == "session";
        if (!known) bad_script("unknown word in a report: " + word);
      }
    }
    const auto number = [&](const char* name, std::uint64_t otherwise) {
      return static_cast<std::uint32_t>(c.number(name, static_cast<std::int64_t>(otherwise)));
    };
    if (answers.size() > 0 && !c.option("seq")) ++peer.reports;
    report.report_seq = number("seq", answers.size() > 0 ? peer.reports : 0);
    report.assigns_seen = number("seen", peer.assigns);
    report.unacked = number("unacked", answers.size() > 0 ? 1 : 0);
    report.shared_version = number("shared", 0);
    if (const std::uint64_t each_us = number("each_us", 0); each_us > 0) {
      report.executed = static_cast<std::uint32_t>(answers.size());
      report.busy_us = each_us * answers.size();
      report.busy_us_squared = each_us * each_us * answers.size();
    }
    report.answers = answers.batch();
    const Session session(number("session", peer.session.value));
    return core::MessageFrom{to_rank(c.words[0]), {session, std::move(report)}};
  }

  UnitNames names_;
  std::optional<core::RecoveredState> recovered_;
  std::unique_ptr<NamedPayloads> payloads_;
  std::unique_ptr<NamedHints> hints_;
  std::unique_ptr<core::Master> master_;
  std::map<Rank, Peer> peers_;
  Epoch epoch_;   // of the last Persist
  Epoch opened_;  // of the last EpochOpen
  Generation generation_;
};

}  // namespace

std::unique_ptr<MachineScript> make_master_script() { return std::make_unique<MasterScript>(); }

}  // namespace steadfarm::scenario
