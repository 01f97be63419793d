// The hints of index units: what was submitted with them, completed by the application's function.
#pragma once

#include <functional>

#include "api/submitted_units.hpp"
#include "core/hint_source.hpp"

namespace steadfarm::api {

using HintFunction = std::function<UnitHints(const UnitKey& key, ByteView payload)>;

class JobHints final : public core::HintSource {
 public:
  /// `units` is null for a range; `function` may be empty.
  JobHints(const SubmittedUnits* units, HintFunction function)
      : units_(units), function_(std::move(function)) {}

  /// False if no unit can have any.
  [[nodiscard]] bool any() const { return function_ || (units_ != nullptr && units_->has_hints()); }
  [[nodiscard]] UnitHints hints(std::uint64_t index) const override;

 private:
  const SubmittedUnits* units_;
  HintFunction function_;
};

}  // namespace steadfarm::api
