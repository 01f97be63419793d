#include "base/shared_value.hpp"

#include <algorithm>

namespace steadfarm {

bool is_better(const SharedValue& challenger, const std::optional<SharedValue>& best) {
  if (!best) return true;
  if (challenger.value != best->value) return challenger.value < best->value;
  return std::lexicographical_compare(challenger.witness.begin(), challenger.witness.end(),
                                      best->witness.begin(), best->witness.end());
}

}  // namespace steadfarm
