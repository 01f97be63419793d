#include "master_setup.hpp"

#include <algorithm>

#include "core/policy/names.hpp"

namespace steadfarm::scenario {
namespace {

// 3 or 3..5, both ends included.
core::Interval to_interval(const std::string& text) {
  const std::size_t dots = text.find("..");
  const auto first = static_cast<std::uint64_t>(to_number(text.substr(0, dots)));
  if (dots == std::string::npos) return {first, first + 1};
  return {first, static_cast<std::uint64_t>(to_number(text.substr(dots + 2))) + 1};
}

template <class T>
T part_or(const std::vector<std::string>& parts, std::size_t i, T otherwise) {
  return i < parts.size() ? static_cast<T>(to_number(parts[i])) : otherwise;
}

}  // namespace

ByteView NamedPayloads::payload(std::uint64_t index) const {
  last_ = to_bytes("p" + std::to_string(index));
  last_.insert(last_.end(), padding_, std::byte{'.'});
  return last_;
}

NamedHints::NamedHints(const std::string& text) {
  for (const std::string& run : split(text, ',')) {
    const std::vector<std::string> parts = split(run, ':');
    runs_.emplace_back(to_interval(parts[0]), to_hints(parts.size() > 1 ? parts[1] : ""));
  }
}

UnitHints NamedHints::hints(std::uint64_t index) const {
  for (const auto& [indices, hints] : runs_) {
    if (index >= indices.begin && index < indices.end) return hints;
  }
  return {};
}

core::MasterOptions to_master_options(const Command& command) {
  core::MasterOptions o;
  if (const auto machine = command.option("machine")) o.machine = *machine + "/1";
  o.build = command.option("build").value_or("");
  o.has_store = command.flag("store");
  o.keep_results = o.has_store;
  o.lossless = !command.flag("lossy");
  o.ordered = command.flag("ordered");
  o.hold_units_max = static_cast<std::uint64_t>(
      command.number("hold-units", static_cast<std::int64_t>(o.hold_units_max)));
  o.hold_bytes_max = static_cast<std::uint64_t>(
      command.number("hold-bytes", static_cast<std::int64_t>(o.hold_bytes_max)));
  const std::string policy = command.option("policy").value_or("fixed");
  const auto kind = core::policy_from_name(policy);
  if (!kind) bad_script("there is no policy " + policy);
  o.policy.kind = *kind;
  for (const std::string& speed : split(command.option("speeds").value_or(""), ',')) {
    o.policy.speeds.push_back(static_cast<double>(to_number(speed)));
  }
  o.policy.chunk = static_cast<std::uint32_t>(command.number("chunk", 1));
  // What happens when nothing is left to hand out would be in every trace as well.
  o.tail.take_back = command.flag("take-back");
  o.tail.second_executions = command.flag("twice");
  o.respawn.tries_max = static_cast<std::uint32_t>(command.number("respawn", 0));
  o.respawn.settle_us = command.seconds("settle", 0);
  o.respawn.patience_us = command.seconds("spawn-patience", o.respawn.patience_us);
  o.policy.prefetch_max = static_cast<std::uint32_t>(command.number("prefetch", 0));
  o.tries_max = static_cast<std::uint32_t>(command.number("tries", 3));
  o.deaths_max = static_cast<std::uint32_t>(command.number("deaths", 3));
  // Heartbeats of the master would fill every trace; those who want them say so.
  o.heartbeat_us = command.seconds("heartbeat", 1'000'000 * core::kSecondUs);
  o.timeout_us = command.seconds("timeout", o.timeout_us);
  o.startup_timeout_us = command.seconds("startup", o.startup_timeout_us);
  o.unit_timeout_us = command.seconds("unit-timeout", o.unit_timeout_us);
  o.interval_us = command.seconds("interval", o.interval_us);
  o.epoch_collect_us = command.seconds("collect", o.epoch_collect_us);
  o.resend_us = command.seconds("resend", o.resend_us);
  o.stop_grace_us = command.seconds("grace", o.stop_grace_us);
  o.stop_end_us = command.seconds("stop-end", o.stop_end_us);
  o.deadline_us = command.seconds("deadline", o.deadline_us);
  o.deadline_reserve_us = command.seconds("reserve", o.deadline_reserve_us);
  o.goodbye_us = command.seconds("goodbye", o.goodbye_us);
  o.store_retry_us = command.seconds("retry", o.store_retry_us);
  o.store_patience_us = command.seconds("patience", o.store_patience_us);
  o.store_stall_us = command.seconds("stall", o.store_stall_us);
  o.undurable_bytes_max = static_cast<std::uint64_t>(
      command.number("undurable", static_cast<std::int64_t>(o.undurable_bytes_max)));
  o.assign_bytes_max = static_cast<std::uint64_t>(
      command.number("assign-bytes", static_cast<std::int64_t>(o.assign_bytes_max)));
  o.partial_bytes_max = static_cast<std::uint64_t>(
      command.number("partial-bytes", static_cast<std::int64_t>(o.partial_bytes_max)));
  return o;
}

core::IndexUnits to_index_units(const Command& command, std::unique_ptr<NamedPayloads>& payloads) {
  core::IndexUnits units;
  units.count = static_cast<std::uint64_t>(command.number("units", 0));
  if (const auto padding = command.option("payloads")) {
    payloads = std::make_unique<NamedPayloads>(static_cast<std::size_t>(to_number(*padding)));
    units.payloads = payloads.get();
  }
  for (const std::string& run : split(command.option("priority").value_or(""), ',')) {
    const std::vector<std::string> parts = split(run, ':');
    units.priorities.push_back({to_interval(parts[0]), part_or<std::int32_t>(parts, 1, 0)});
  }
  return units;
}

core::RecoveredState to_recovered(const Command& command, UnitNames& names) {
  core::RecoveredState state;
  state.generation = Generation(static_cast<std::uint64_t>(command.number("generation", 1)));
  state.complete = command.flag("complete");
  for (const std::string& run : split(command.option("pending").value_or(""), ',')) {
    state.pending_indices.push_back(to_interval(run));
  }
  for (const std::string& text : split(command.option("retried").value_or(""), ',')) {
    const auto parts = split(text, ':');
    state.retried.push_back({part_or<std::uint64_t>(parts, 0, 0),
                             part_or<std::uint32_t>(parts, 1, 0),
                             part_or<std::uint32_t>(parts, 2, 0)});
  }
  for (const std::string& text : split(command.option("spawned").value_or(""), ',')) {
    const auto parts = split(text, ':');  // name:payload:priority:tries:deaths:hints
    state.units.push_back({names.key(parts[0]), part_or<std::int32_t>(parts, 2, 0),
                           part_or<std::uint32_t>(parts, 3, 0), part_or<std::uint32_t>(parts, 4, 0),
                           to_bytes(parts.size() > 1 ? parts[1] : ""),
                           to_hints(parts.size() > 5 ? parts[5] : "")});
  }
  for (const std::string& text : split(command.option("partials").value_or(""), ',')) {
    const std::size_t colon = text.find(':');  // name:sequence:state
    NamedState named = to_state(text.substr(colon + 1));
    state.partials.push_back({names.key(text.substr(0, colon)), named.sequence,
                              std::make_shared<const Bytes>(std::move(named.state))});
  }
  std::sort(state.units.begin(), state.units.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  for (const std::string& text : split(command.option("held").value_or(""), ',')) {
    const auto parts = split(text, ':');  // unit:result
    state.held.add(names.key(parts[0]), to_bytes(parts.size() > 1 ? parts[1] : ""));
  }
  if (const auto shared = command.option("shared")) state.shared = to_shared(*shared);
  const auto count = [&](const char* name) {
    return static_cast<std::uint64_t>(command.number(name, 0));
  };
  state.counters = {count("accepted"), count("failed"), count("executions"), count("born")};
  return state;
}

}  // namespace steadfarm::scenario
