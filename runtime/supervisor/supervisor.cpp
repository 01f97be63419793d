#include "supervisor/supervisor.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/number_text.hpp"
#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/store.hpp"
#include "supervisor/command.hpp"

namespace steadfarm::supervisor {
namespace {

using Verdict = Patience::Verdict;

constexpr TimeUs kMsUs = 1'000;
constexpr TimeUs kWatchUs = 1'000'000;  // signals wake us up earlier
constexpr int kStopped = 75;
constexpr int kGaveUp = 76;

void say(std::string text) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  std::replace_if(text.begin(), text.end(), is_control, ' ');
  std::fprintf(stderr, "steadfarm: run: %s\n", text.c_str());
  std::fflush(stderr);
}

std::string seconds(std::int64_t ms) { return seconds_text(1'000 * ms); }

const char* name_of(CommandEnd::Kind kind) {
  switch (kind) {
    case CommandEnd::Kind::cannot_start:
      return "cannot_start";
    case CommandEnd::Kind::exited:
      return "exited";
    case CommandEnd::Kind::signalled:
      return "signalled";
    case CommandEnd::Kind::silent:
      return "silent";
    case CommandEnd::Kind::stalled:
      break;
  }
  return "stalled";
}

const char* name_of(HostNote::Kind kind) {
  switch (kind) {
    case HostNote::Kind::lost:
      return "host_lost";
    case HostNote::Kind::lost_for_good:
      return "host_lost_for_good";
    case HostNote::Kind::taken_back:
      return "host_taken_back";
    case HostNote::Kind::spare_used:
      break;
  }
  return "host_spare_used";
}

CommandEnd end_of(const Kept& kept, std::int64_t lived_ms) {
  CommandEnd end;
  end.lived_ms = lived_ms;
  if (kept.start_error) {
    end.kind = CommandEnd::Kind::cannot_start;
    end.value = *kept.start_error;
  } else if (kept.wait_status && WIFEXITED(*kept.wait_status)) {
    end.value = WEXITSTATUS(*kept.wait_status);
  } else {
    // Without a word from the keeper it was killed, and the command with it.
    end.kind = CommandEnd::Kind::signalled;
    end.value = kept.wait_status ? WTERMSIG(*kept.wait_status) : SIGKILL;
  }
  return end;
}

}  // namespace

int Supervisor::run() {
  auto log_file = driver::EventLog::open(options_.log, clock_);
  if (!log_file) {
    say("error: " + log_file.error().message);
    return 64;
  }
  log_ = std::move(log_file).value();
  adopt_orphans();
  log("run_start", {{"command", options_.words},
                    {"store", options_.store},
                    {"restarts_max", options_.limits.restarts_max},
                    {"idle_restarts_max", options_.limits.idle_restarts_max}});
  hosts_ = std::make_unique<HostWatch>(options_.words, options_.hosts, signals_.former_mask());
  if (!hosts_->trouble().empty()) say("warning: " + hosts_->trouble());
  while (true) {
    if (const auto exit_code = one_start()) return *exit_code;
  }
}

std::optional<int> Supervisor::one_start() {
  Circumstances now;
  now.before = view_store();
  first_generation_ = now.before.generation;
  Result<HostWatch::Start> start = next_start();
  if (!start) return finish(kGaveUp, "error: " + start.error().message);
  nlohmann::json fields = {{"restarts", tally_.restarts},
                           {"generation", now.before.generation},
                           {"committed", now.before.committed}};
  if (hosts_->active()) fields["hosts"] = start.value().hosts;
  if (start.value().words != options_.words) fields["command"] = start.value().words;
  log("command_start", fields);
  if (tally_.restarts == 0) {
    say("starting " + shell_line(options_.words) + "; store '" + options_.store +
        "': " + describe(now.before));
  }
  const Result<CommandEnd> end = keep_to_the_end(start.value());
  if (!end) return finish(70, "error: " + end.error().message);
  now.host_lost = hosts_->look_back();
  now.end = end.value();
  now.after = view_store();
  now.asked = asked_;
  now.left_ms = left_ms();
  log_end(now.end, now.after, kept_);
  const Decision decision = decide(options_.limits, tally_, now);
  tally_ = decision.tally;
  std::string what = "the command " + describe(now.end);
  if (now.end.kind != CommandEnd::Kind::cannot_start) {
    what += " after " + seconds(now.end.lived_ms) + "; " + describe(now.after);
  }
  if (kept_.unkillable > 0) {
    what += "; " + std::to_string(kept_.unkillable) + " of its processes cannot be killed";
  }
  return carry_out(decision, what);
}

std::optional<int> Supervisor::carry_out(const Decision& decision, const std::string& what) {
  if (!decision.restart) {
    const bool good =
        decision.exit_code == 0 || decision.exit_code == 3 || decision.exit_code == kStopped;
    return finish(decision.exit_code, (good ? "" : "error: ") + what + "; " + decision.reason);
  }
  const std::string text = what + "; starting it again in " + seconds(decision.delay_ms) +
                           " (restart " + std::to_string(tally_.restarts) + " of at most " +
                           std::to_string(options_.limits.restarts_max) + ") " + decision.reason;
  say(text);
  log("restart", {{"restarts", tally_.restarts}, {"delay_ms", decision.delay_ms}, {"text", text}});
  return pause(decision.delay_ms);
}

int Supervisor::finish(int exit_code, const std::string& text) {
  say(text + "; exit code " + std::to_string(exit_code));
  log("run_end", {{"exit_code", exit_code}, {"restarts", tally_.restarts}, {"text", text}});
  return exit_code;
}

// Where it goes, with a word on every host that is lost or comes back.
Result<HostWatch::Start> Supervisor::next_start() {
  HostWatch::Start start = hosts_->prepare();
  for (const HostNote& note : start.notes) {
    say(note.text);
    log(name_of(note.kind), {{"host", note.host}, {"text", note.text}});
  }
  if (!start.failure.empty()) return Error{ErrorCode::io, start.failure};
  if (start.nowhere) {
    return Error{ErrorCode::lost_peer,
                 "no host is left to start on; run the same command again when they are back"};
  }
  if (start.words != options_.words) {
    say("this start: " + shell_line(start.words) + ", on " + std::to_string(start.hosts.size()) +
        (start.hosts.size() == 1 ? " host" : " hosts"));
  }
  return start;
}

Result<CommandEnd> Supervisor::keep_to_the_end(HostWatch::Start& start) {
  CommandSpec spec;
  spec.words = start.words;
  spec.variables = std::move(start.variables);
  spec.variables.emplace_back("STEADFARM_RESTARTS", std::to_string(tally_.restarts));
  if (!store_in_words(spec.words)) spec.variables.emplace_back("STEADFARM_STORE", options_.store);
  if (options_.deadline_unix_ms) {
    spec.variables.emplace_back("STEADFARM_DEADLINE",
                                std::to_string(*options_.deadline_unix_ms / 1000));
  }
  const TimeUs started_at = clock_.now();
  patience_.emplace(options_.patience, started_at, first_generation_);
  verdict_ = Verdict::wait;
  hosts_->open_pipe();
  spec.error_end = hosts_->error_end();
  Result<Keeper> made = Keeper::start(spec, signals_.former_mask());
  hosts_->close_error_end();
  if (!made) return made.error();
  Keeper& keeper = made.value();
  while (!keeper.has_ended()) {
    const TimeUs now = clock_.now();
    if (ask_deadline_ >= 0 && now >= ask_deadline_) {
      ask_deadline_ = -1;
      say("what is left does not stop; ending it");
      log("command_killed", {{"text", "it did not stop in time"}});
      keeper.end();
    }
    look_for_life(keeper);
    const auto signal = signals_.wait(next_wake_ms(), hosts_->listen_end());
    hosts_->listen();
    if (signal) on_signal(*signal, &keeper);
  }
  kept_ = keeper.kept();
  const TimeUs ended_at = clock_.now();
  CommandEnd end = end_of(kept_, (ended_at - started_at) / kMsUs);
  if (verdict_ != Verdict::wait) {
    const bool was_silent = verdict_ == Verdict::silence_over;
    end.kind = was_silent ? CommandEnd::Kind::silent : CommandEnd::Kind::stalled;
    end.value = static_cast<int>(patience_->limit_ms(verdict_) / 1000);
  }
  return end;
}

std::int64_t Supervisor::next_wake_ms() {
  const TimeUs now = clock_.now();
  TimeUs wake_at = now + kWatchUs;
  if (ask_deadline_ >= 0) wake_at = std::min(wake_at, ask_deadline_);
  if (is_watching()) wake_at = std::min(wake_at, patience_->next_look());
  return std::max<TimeUs>(0, wake_at - now) / kMsUs + 1;
}

bool Supervisor::is_watching() const {
  return patience_->is_bounded() && verdict_ == Verdict::wait && asked_ == Asked::nothing;
}

void Supervisor::look_for_life(Keeper& keeper) {
  const TimeUs now = clock_.now();
  if (!is_watching() || now < patience_->next_look()) return;
  const Result<std::int64_t> sign = checkpoint::folder_time_ns(options_.store);
  verdict_ = patience_->look(now, sign ? std::optional(sign.value()) : std::nullopt,
                             [this] { return view_store(); });
  if (verdict_ == Verdict::wait) return;
  const std::string limit = seconds(patience_->limit_ms(verdict_));
  std::string text = "no new generation for " + limit + " (--stall)";
  if (verdict_ == Verdict::launch_over) {
    text = "no new generation for " + limit + " since its start (--launch)";
  } else if (verdict_ == Verdict::silence_over) {
    text = "no sign of life of its master for " + limit + " (--silence)";
  }
  text += "; killing the command to start it again";
  say(text);
  log("command_killed", {{"text", text}});
  keeper.end();
}

StoreView Supervisor::view_store() {
  StoreView view;
  checkpoint::PosixFileSystem files;
  const Result<checkpoint::Glance> found = checkpoint::glance(files, options_.store);
  if (found) {
    view.state = StoreView::State::good;
    view.complete = found.value().complete;
    view.failed = found.value().failed;
    view.committed = found.value().committed;
    view.generation = found.value().generation.value;
    return view;
  }
  const Error& error = found.error();
  if (error.code == ErrorCode::not_found) return view;
  const bool for_good = error.code == ErrorCode::corrupt || error.code == ErrorCode::unsupported;
  view.state = for_good ? StoreView::State::damaged : StoreView::State::unknown;
  view.trouble = error.message;
  return view;
}

std::optional<std::int64_t> Supervisor::left_ms() const {
  if (!options_.deadline_unix_ms) return std::nullopt;
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return *options_.deadline_unix_ms - duration_cast<milliseconds>(now).count();
}

void Supervisor::on_signal(int signal, Keeper* keeper) {
  if (signal == SIGCHLD) return;
  const std::string name =
      std::string("signal ") + std::to_string(signal) + " (" + sigdescr_np(signal) + "): ";
  std::string text;
  if (signal == SIGUSR1) {
    text = name + "asking the command for a checkpoint";
    if (keeper != nullptr) keeper->pass_on(SIGUSR1);
  } else if (asked_ == Asked::nothing) {
    asked_ = Asked::stop;
    ask_deadline_ = clock_.now() + options_.stop_grace_ms * kMsUs;
    text = name + "asking the command to checkpoint and stop within " +
           seconds(options_.stop_grace_ms) + "; Ctrl-C again stops it now";
    // Open MPI 4 gives its ranks one second after SIGTERM, but hands SIGUSR2 on and waits.
    if (keeper != nullptr) keeper->pass_on(SIGUSR2);
  } else if (signal == SIGINT && asked_ == Asked::stop) {
    asked_ = Asked::stop_now;
    ask_deadline_ = -1;
    text = name + "stopping the command now; what came after its last checkpoint is lost";
    if (keeper != nullptr) keeper->end();
  } else {
    text = name + "already stopping";
  }
  say(text);
  log("signal", {{"signal", signal}, {"text", text}});
}

// Between two starts. Returns the exit code if a stop is asked for meanwhile.
std::optional<int> Supervisor::pause(std::int64_t delay_ms) {
  const TimeUs until = clock_.now() + delay_ms * kMsUs;
  for (TimeUs now = clock_.now(); now < until; now = clock_.now()) {
    if (const auto signal = signals_.wait((until - now) / kMsUs + 1)) on_signal(*signal, nullptr);
    if (asked_ != Asked::nothing) {
      return finish(kStopped, "stopped as asked; run the same command again to resume");
    }
  }
  return std::nullopt;
}

void Supervisor::log_end(const CommandEnd& end, const StoreView& after, const Kept& kept) {
  nlohmann::json fields = {{"how", name_of(end.kind)},
                           {"lived_ms", end.lived_ms},
                           {"complete", after.complete},
                           {"generation", after.generation},
                           {"committed", after.committed},
                           {"failed", after.failed},
                           {"left_behind", kept.left_behind},
                           {"unkillable", kept.unkillable},
                           {"text", describe(end)}};
  if (end.kind == CommandEnd::Kind::exited) fields["exit_code"] = end.value;
  if (end.kind == CommandEnd::Kind::signalled) fields["signal"] = end.value;
  log("command_end", fields);
}

void Supervisor::log(const char* kind, const nlohmann::json& fields) {
  log_->write(kind, fields);
  if (const auto failure = log_->take_failure()) say("warning: " + failure->message);
}

}  // namespace steadfarm::supervisor
