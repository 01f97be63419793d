#include "answers.hpp"
#include "core/worker.hpp"
#include "machine_script.hpp"

namespace steadfarm::scenario {
namespace {

constexpr TimeUs kRunStep = 100'000;

class WorkerScript : public MachineScript {
 public:
  void run(const Command& command, TimeUs& now, Lines& out) override {
    if (command.verb == "worker") {
      make(command, now, out);
    } else if (!worker_) {
      bad_script("worker wanted first: " + command.verb);
    } else if (command.verb == "run") {
      run_to(command, now, out);
    } else if (command.verb == "safe-point") {
      constexpr const char* kNames[] = {"go on", "save", "leave"};
      out.emplace_back(kNames[static_cast<std::size_t>(worker_->safe_point(now))]);
    } else if (command.verb == "show") {
      out.push_back("session=" + std::to_string(worker_->session().value) +
                    " queued=" + std::to_string(worker_->queued_count()) +
                    (worker_->executing() ? " executing" : "") +
                    (worker_->exiting() ? " exiting" : ""));
    } else {
      AnswerWords answers(names_);
      step(now, to_event(command, answers), out);
    }
  }

 private:
  void make(const Command& command, TimeUs now, Lines& out) {
    core::WorkerOptions o;
    o.host = "host";
    o.pid = 1;
    o.concurrent = command.option("concurrent") != "no";
    o.lossless = !command.flag("lossy");
    o.hello_us = command.seconds("hello", o.hello_us);
    o.heartbeat_us = command.seconds("heartbeat", o.heartbeat_us);
    o.master_timeout_us = command.seconds("timeout", o.master_timeout_us);
    o.startup_timeout_us = command.seconds("startup", o.startup_timeout_us);
    o.report_us = command.seconds("report", o.report_us);
    o.idle_report_us = command.seconds("idle-report", o.idle_report_us);
    o.resend_us = command.seconds("resend", o.resend_us);
    o.partial_us = command.seconds("partial", o.partial_us);
    o.partial_step_bytes = static_cast<std::uint64_t>(
        command.number("partial-step", static_cast<std::int64_t>(o.partial_step_bytes)));
    o.report_bytes = static_cast<std::uint64_t>(
        command.number("report-bytes", static_cast<std::int64_t>(o.report_bytes)));
    o.retain_bytes = static_cast<std::uint64_t>(
        command.number("retain", static_cast<std::int64_t>(o.retain_bytes)));
    worker_ = std::make_unique<core::WorkerMachine>(o, now);
    step(now, core::WorkerStarted{}, out);
  }

  void step(TimeUs now, core::WorkerEvent event, Lines& out) {
    core::WorkerActions actions;
    worker_->step(now, std::move(event), actions);
    for (const core::WorkerAction& action : actions) {
      print(action, names_, out);
      if (const auto* execute = std::get_if<core::Execute>(&action)) {
        running_ = *execute;
        running_payload_ = quoted(execute->payload) + quoted(execute->saved_state);
      }
    }
    // What runs must find its payload and its state as they were, whatever was dropped meanwhile.
    if (worker_->executing() &&
        quoted(running_.payload) + quoted(running_.saved_state) != running_payload_) {
      out.emplace_back("THE PAYLOAD OF THE RUNNING UNIT HAS CHANGED");
    }
  }

  void run_to(const Command& command, TimeUs& now, Lines& out) {
    const TimeUs end = to_time(command.words.at(0));
    const bool hearing = command.words.size() > 1 && command.words[1] == "hearing";
    while (now + kRunStep <= end) {
      now += kRunStep;
      Lines lines;
      if (hearing) step(now, message(session_, wire::Beat{}), lines);
      step(now, core::WorkerTick{}, lines);
      char time[32];
      std::snprintf(time, sizeof time, "[%.1f] ", static_cast<double>(now) * 1e-6);
      for (const std::string& line : lines) out.push_back(time + line);
    }
  }

  static core::WorkerEvent message(Session session, wire::Body body) {
    return core::WorkerMessage{{session, std::move(body)}};
  }

  core::WorkerEvent to_event(const Command& c, AnswerWords& answers) {
    const Session session(static_cast<std::uint32_t>(c.number("session", session_.value)));
    if (c.verb == "tick") return core::WorkerTick{};
    if (c.verb == "beat") return message(session, wire::Beat{});
    if (c.verb == "stop") return message(session, wire::Stop{});
    if (c.verb == "left") return core::UnitLeft{};
    if (c.verb == "saved") {
      NamedState named = to_state(c.words.at(0));
      return core::StateSaved{named.sequence,
                              std::make_shared<const Bytes>(std::move(named.state))};
    }
    if (c.verb == "found") return core::SharedFound{to_shared(c.words.at(0))};
    if (c.verb == "done" || c.verb == "failed") return unit_done(c, answers);
    if (c.verb == "welcome") {
      session_ = std::max(session_, session);
      return message(session, wire::Welcome{static_cast<std::uint64_t>(c.number("seed", 1))});
    }
    if (c.verb == "assign") {
      session_ = std::max(session_, session);
      return message(session, assign(c));
    }
    if (c.verb == "neighbours") {  // neighbours 3/103/1003 5/105/1005: rank, process id, start
      wire::Neighbours m;
      for (const std::string& word : c.words) {
        if (word.starts_with("session=")) continue;
        const std::vector<std::string> parts = split(word, '/');
        m.processes.push_back({Rank(static_cast<std::int32_t>(to_number(parts.at(0)))),
                               static_cast<std::uint32_t>(to_number(parts.at(1))),
                               static_cast<std::uint64_t>(to_number(parts.at(2)))});
      }
      return message(session, std::move(m));
    }
    if (c.words.empty()) bad_script("unknown command: " + c.verb);
    const std::int64_t first = c.verb == "shared" ? 0 : to_number(c.words[0]);
    if (c.verb == "ack") return message(session, wire::Ack{static_cast<std::uint32_t>(first)});
    if (c.verb == "recall") {  // recall 2 of 5: Recall number 2
      const auto units = static_cast<std::uint64_t>(to_number(c.words.at(2)));
      return message(session, wire::Recall{static_cast<std::uint32_t>(first), units});
    }
    if (c.verb == "epoch") {
      return message(session, wire::EpochOpen{Epoch(static_cast<std::uint64_t>(first))});
    }
    if (c.verb == "ended") return core::ProcessEnded{Rank(static_cast<std::int32_t>(first))};
    if (c.verb == "shutdown") {
      return message(session, wire::Shutdown{static_cast<std::int32_t>(first)});
    }
    if (c.verb == "shared") {
      const auto version = static_cast<std::uint64_t>(c.number("version", 1));
      return message(session, wire::Shared{version, to_shared(c.words[0])});
    }
    bad_script("unknown command: " + c.verb);
  }

  core::WorkerEvent unit_done(const Command& c, AnswerWords& answers) {
    answers.begin(running_.key, running_.attempt,
                  c.verb == "done" ? wire::AnswerStatus::done : wire::AnswerStatus::failed);
    for (const std::string& word : c.words) {
      if (!answers.read_detail(word)) bad_script("unknown word in an answer: " + word);
    }
    return core::UnitDone{answers.last()};
  }

  // assign 2 0/1=payload 1/2=p~3:abc 5..8/1: number 2, a head with a payload, one with a saved
  // state as well, a run.
  wire::Assign assign(const Command& c) {
    wire::Assign m;
    m.assign_seq = static_cast<std::uint32_t>(to_number(c.words.at(0)));
    for (std::size_t i = 1; i < c.words.size(); ++i) {
      const std::string& word = c.words[i];
      if (word.starts_with("session=")) continue;
      const std::size_t equals = word.find('=');
      const std::vector<NamedAttempt> units = to_attempts(word.substr(0, equals));
      if (equals != std::string::npos) {
        const std::vector<std::string> parts = split(word.substr(equals + 1), '~');
        m.units.add(names_.key(units[0].unit), units[0].attempt,
                    to_bytes(parts.empty() ? "" : parts[0]));
        if (parts.size() > 1) {
          const NamedState named = to_state(parts[1]);
          m.units.add_saved(named.sequence, named.state);
        }
      } else {
        m.units.add_run(names_.key(units[0].unit).lo, units.size(), units[0].attempt);
      }
    }
    return m;
  }

  UnitNames names_;
  std::unique_ptr<core::WorkerMachine> worker_;
  core::Execute running_;
  std::string running_payload_;
  Session session_;
};

}  // namespace

std::unique_ptr<MachineScript> make_worker_script() { return std::make_unique<WorkerScript>(); }

}  // namespace steadfarm::scenario
