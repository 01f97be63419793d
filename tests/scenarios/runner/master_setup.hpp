// The options of a master and the state it recovers from, out of the words of a script.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/master.hpp"
#include "script.hpp"

namespace steadfarm::scenario {

/// Unit i has the payload "p<i>", with `padding` more bytes.
class NamedPayloads : public core::PayloadSource {
 public:
  explicit NamedPayloads(std::size_t padding) : padding_(padding) {}
  [[nodiscard]] ByteView payload(std::uint64_t index) const override;

 private:
  std::size_t padding_;
  mutable Bytes last_;
};

/// Hints of index units: hints=0..2:2000~7~no,5:300.
class NamedHints : public core::HintSource {
 public:
  explicit NamedHints(const std::string& text);
  [[nodiscard]] UnitHints hints(std::uint64_t index) const override;

 private:
  std::vector<std::pair<core::Interval, UnitHints>> runs_;
};

[[nodiscard]] core::MasterOptions to_master_options(const Command& command);
[[nodiscard]] core::IndexUnits to_index_units(const Command& command,
                                              std::unique_ptr<NamedPayloads>& payloads);
[[nodiscard]] core::RecoveredState to_recovered(const Command& command, UnitNames& names);

}  // namespace steadfarm::scenario
