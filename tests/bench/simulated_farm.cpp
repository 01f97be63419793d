#include "simulated_farm.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <numeric>
#include <queue>
#include <set>
#include <utility>
#include <variant>

#include "core/worker.hpp"

namespace steadfarm::bench {
namespace {

constexpr TimeUs kTickUs = 10'000;
constexpr TimeUs kNeverUs = 1'000'000'000'000;

class KeyHints : public core::HintSource {
 public:
  explicit KeyHints(const std::vector<std::uint64_t>& keys) : keys_(keys) {}
  [[nodiscard]] UnitHints hints(std::uint64_t index) const override {
    UnitHints hints;
    hints.affinity = keys_[index] + 1;
    return hints;
  }

 private:
  const std::vector<std::uint64_t>& keys_;
};

class Farm {
 public:
  explicit Farm(const FarmInput& input)
      : input_(input), hints_(input.keys), master_(options(), units(), ranks(), 0, {}) {
    core::WorkerOptions worker;
    worker.concurrent = true;
    worker.master_timeout_us = worker.startup_timeout_us = kNeverUs;
    for (std::size_t i = 0; i < input.speeds.size(); ++i) {
      workers_.push_back({std::make_unique<core::WorkerMachine>(worker, 0), {}});
    }
  }

  FarmOutput run() {
    to_master(0, core::Started{});
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      step_worker(i, 0, core::WorkerStarted{});
      push(kTickUs, i, core::WorkerTick{});
    }
    while (master_.progress().pending > 0) {
      if (queue_.empty()) {
        std::cerr << "the simulated farm stands still\n";
        std::abort();
      }
      Entry next = queue_.top();
      queue_.pop();
      if (next.worker == kMaster) {
        to_master(next.at, std::get<core::Event>(next.event));
      } else {
        to_worker(next);
      }
    }
    out_.makespan_us = static_cast<TimeUs>(std::llround(master_free_us_));
    return out_;
  }

 private:
  static constexpr std::size_t kMaster = SIZE_MAX;

  struct Entry {
    TimeUs at = 0;
    std::uint64_t order = 0;
    std::size_t worker = kMaster;
    std::variant<core::Event, core::WorkerEvent> event;
    bool operator<(const Entry& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  struct WorkerState {
    std::unique_ptr<core::WorkerMachine> machine;
    std::set<std::uint64_t> keys;
  };

  [[nodiscard]] core::MasterOptions options() const {
    core::MasterOptions o;
    // The policies themselves are compared: the tail evens out much of what they leave.
    o.tail.take_back = false;
    o.tail.second_executions = false;
    o.policy = input_.policy;
    o.heartbeat_us = o.timeout_us = o.startup_timeout_us = kNeverUs;
    return o;
  }
  [[nodiscard]] core::IndexUnits units() const {
    core::IndexUnits units;
    units.count = input_.unit_us.size();
    if (input_.policy.kind == core::PolicyKind::affinity) units.hints = &hints_;
    return units;
  }
  [[nodiscard]] std::vector<Rank> ranks() const {
    std::vector<Rank> out;
    for (std::size_t i = 0; i < input_.speeds.size(); ++i) {
      out.emplace_back(static_cast<std::int32_t>(i) + 1);
    }
    return out;
  }

  void push(TimeUs at, std::size_t worker, std::variant<core::Event, core::WorkerEvent> event) {
    queue_.push({at, order_++, worker, std::move(event)});
  }

  // The master does one thing after the other, and what it sends leaves when it is done.
  void to_master(TimeUs now, const core::Event& event) {
    master_free_us_ = std::max(master_free_us_, static_cast<double>(now)) + input_.message_cost_us;
    core::Actions actions;
    master_.step(now, event, actions);
    for (core::Action& action : actions) {
      auto* send = std::get_if<core::Send>(&action);
      if (send == nullptr) continue;
      ++out_.messages;
      master_free_us_ += input_.message_cost_us;
      if (const auto* assign = std::get_if<wire::Assign>(&send->message.body)) {
        master_free_us_ += input_.unit_cost_us * static_cast<double>(assign->units.unit_count());
      }
      push(std::llround(master_free_us_) + input_.latency_us,
           static_cast<std::size_t>(send->to.value) - 1,
           core::WorkerEvent(core::WorkerMessage{std::move(send->message)}));
    }
  }

  void to_worker(Entry& entry) {
    auto& event = std::get<core::WorkerEvent>(entry.event);
    const core::WorkerMachine& machine = *workers_[entry.worker].machine;
    if (std::holds_alternative<core::WorkerTick>(event)) {
      push(entry.at + kTickUs, entry.worker, core::WorkerEvent(core::WorkerTick{}));
      if (machine.executing()) return;  // as a worker that computes on its only thread
    }
    step_worker(entry.worker, entry.at, std::move(event));
  }

  void step_worker(std::size_t i, TimeUs now, core::WorkerEvent event) {
    core::WorkerActions actions;
    workers_[i].machine->step(now, std::move(event), actions);
    for (core::WorkerAction& action : actions) {
      if (auto* send = std::get_if<core::WorkerSend>(&action)) {
        ++out_.messages;
        const Rank from(static_cast<std::int32_t>(i) + 1);
        push(now + input_.latency_us, kMaster,
             core::Event(core::MessageFrom{from, std::move(send->message)}));
      } else if (const auto* execute = std::get_if<core::Execute>(&action)) {
        execute_unit(i, now, execute->key.lo);
      }
    }
  }

  void execute_unit(std::size_t i, TimeUs now, std::uint64_t unit) {
    const double took_us = static_cast<double>(input_.unit_us[unit]) / input_.speeds[i];
    if (!workers_[i].keys.insert(input_.keys[unit]).second) ++out_.warm_units;
    push(now + std::llround(took_us), i, core::WorkerEvent(core::UnitDone{}));
  }

  const FarmInput& input_;
  KeyHints hints_;
  core::Master master_;
  std::vector<WorkerState> workers_;
  std::priority_queue<Entry> queue_;
  std::uint64_t order_ = 0;
  double master_free_us_ = 0;
  FarmOutput out_;
};

}  // namespace

FarmOutput run_farm(const FarmInput& input) { return Farm(input).run(); }

double lower_bound_us(const FarmInput& input) {
  const double work = std::accumulate(input.unit_us.begin(), input.unit_us.end(), 0.0);
  const double speed = std::accumulate(input.speeds.begin(), input.speeds.end(), 0.0);
  const TimeUs longest = *std::max_element(input.unit_us.begin(), input.unit_us.end());
  const double fastest = *std::max_element(input.speeds.begin(), input.speeds.end());
  return std::max(work / speed, static_cast<double>(longest) / fastest);
}

}  // namespace steadfarm::bench
