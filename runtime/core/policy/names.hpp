// The policies by name, as `--policy` takes them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/options.hpp"

namespace steadfarm::core {

struct PolicyName {
  PolicyKind kind;
  std::string_view name;
};

/// In the order of PolicyKind.
inline constexpr std::array<PolicyName, 11> kPolicyNames = {{
    {PolicyKind::dynamic, "dynamic"},
    {PolicyKind::fixed, "fixed"},
    {PolicyKind::guided, "guided"},
    {PolicyKind::factoring, "factoring"},
    {PolicyKind::trapezoid, "trapezoid"},
    {PolicyKind::round_robin, "round-robin"},
    {PolicyKind::random, "random"},
    {PolicyKind::hash, "hash"},
    {PolicyKind::weighted, "weighted"},
    {PolicyKind::least_loaded, "least-loaded"},
    {PolicyKind::affinity, "affinity"},
}};

[[nodiscard]] std::optional<PolicyKind> policy_from_name(std::string_view name);
[[nodiscard]] std::string_view to_string(PolicyKind kind);
/// "dynamic, fixed, ... or affinity"
[[nodiscard]] std::string policy_names_in_words();

}  // namespace steadfarm::core
