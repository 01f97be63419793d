#include "core/policy/names.hpp"

namespace steadfarm::core {

std::optional<PolicyKind> policy_from_name(std::string_view name) {
  for (const PolicyName& known : kPolicyNames) {
    if (known.name == name) return known.kind;
  }
  return std::nullopt;
}

std::string_view to_string(PolicyKind kind) {
  return kPolicyNames[static_cast<std::size_t>(kind)].name;
}

std::string policy_names_in_words() {
  std::string out;
  for (const PolicyName& known : kPolicyNames) {
    if (!out.empty()) out += &known == &kPolicyNames.back() ? " or " : ", ";
    out += known.name;
  }
  return out;
}

}  // namespace steadfarm::core
