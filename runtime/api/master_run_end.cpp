// What a run says at its start and at its end, and its report.
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "api/master_run.hpp"
#include "base/number_text.hpp"
#include "driver/private_file.hpp"

namespace steadfarm::api {

void MasterRun::say_start() {
  const std::uint64_t restored = units_restored_;
  const auto today = std::chrono::system_clock::now().time_since_epoch();
  log_->write("start",
              {{"ranks", rank_count_},
               {"unix_ms", std::chrono::duration_cast<std::chrono::milliseconds>(today).count()},
               {"store", options_.store},
               {"units_restored", restored},
               {"generation", opened_.generation.value},
               {"owner_epoch", opened_.owner_epoch.value},
               {"ulfm", transport_.hears_of_deaths()}});
  if (!options_.announce) return;
  std::string text = std::to_string(rank_count_) + (rank_count_ == 1 ? " rank" : " ranks");
  if (store_ == nullptr) {
    text += "; no --store, so nothing is durable";
  } else if (opened_.recovered) {
    text += "; resuming store '" + options_.store + "' with " + std::to_string(restored) +
            " units restored";
  } else {
    text += "; new store '" + options_.store + "'";
  }
  if (transport_.hears_of_deaths() && rank_count_ > 1) text += "; MPI tells of deaths (ULFM)";
  if (spawner_) text += "; lost workers are replaced";
  text += take_over_text();
  if (!transport_.concurrent() && !workers_.empty() && rank_count_ > 1) {
    text +=
        "; MPI gave no MPI_THREAD_MULTIPLE, so heartbeats go out at safe points only and "
        "silence is no evidence";
    if (options_.unit_timeout_s > 0) text += " before the unit time limit is over";
  }
  say(text);
}

void MasterRun::say_end(const Outcome& outcome) {
  progress_.end();
  const bool is_error = outcome.exit_code != 0 && outcome.exit_code != 3 && outcome.exit_code != 75;
  if (is_error) say("error: " + outcome.message);
  if (!options_.announce) return;
  std::string text = outcome.complete ? "complete" : "stopped";
  if (!outcome.message.empty() && !is_error) text += " (" + outcome.message + ")";
  text += ": " + std::to_string(outcome.units_accepted) + " units accepted";
  if (outcome.units_restored > 0) {
    text += ", " + std::to_string(outcome.units_restored) + " of them restored";
  }
  if (outcome.units_failed > 0) text += ", " + std::to_string(outcome.units_failed) + " failed";
  if (outcome.workers_lost > 0) {
    text += ", " + std::to_string(outcome.workers_lost) + " workers lost";
    if (spawner_) text += " and " + std::to_string(outcome.workers_replaced) + " replaced";
  }
  if (store_) text += ", generation " + std::to_string(outcome.generation);
  text += ", " + fixed_text(outcome.seconds, 1) + " s";
  if (outcome.exit_code == 75 && store_) text += "; run the same command again to resume";
  say(text);
}

void MasterRun::write_report(const Outcome& outcome) {
  if (options_.report.empty()) return;
  nlohmann::json report = nlohmann::json::parse(outcome.json("null"));
  report.erase("answer");
  report["exit_code"] = outcome.exit_code;
  report["workers_replaced"] = outcome.workers_replaced;
  report["message"] = outcome.message;
  report["failures"] = nlohmann::json::array();
  for (const FailedUnitReport& failure : outcome.failures) {
    report["failures"].push_back({{"unit", to_string(failure.key)}, {"message", failure.message}});
  }
  report["losses"] = losses_.json();
  report["unit_seconds_lost"] = static_cast<double>(losses_.redo_us()) * 1e-6;
  report["takeover"] = take_over_ ? take_over_->json() : nlohmann::json();
  const std::string text =
      report.dump(2, ' ', true, nlohmann::json::error_handler_t::replace) + '\n';
  auto file = driver::open_private_file(options_.report, driver::OpenMode::replace);
  // Closing may be what fails: until then the bytes are in memory.
  const bool written = file.ok() && std::fputs(text.c_str(), file.value().get()) >= 0 &&
                       std::fclose(file.value().release()) == 0;
  if (!written) say("warning: cannot write the report '" + options_.report + "'; check --report");
}

}  // namespace steadfarm::api
