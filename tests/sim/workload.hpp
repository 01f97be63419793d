// The work of a simulated job: a seeded forest of units. What a unit is, does and gives is a pure
// function of the unit, so that a plain loop can say what the whole job must give.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/shared_value.hpp"
#include "core/master.hpp"
#include "sim/options.hpp"

namespace steadfarm::sim {

/// The seeded hash behind everything a unit is.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = a * 0x9E3779B97F4A7C15ULL + b + 0x7F4A7C159E3779B9ULL;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

enum class UnitKind : std::uint8_t {
  plain,
  flaky,    // fails now and then, never often enough to be given up
  failing,  // always fails
  poison,   // ends its worker
};

/// A unit. `size` units are in its tree, itself included.
struct Node {
  std::uint64_t id = 0;
  std::uint32_t size = 1;
};

/// The application's folds: one that is exact and commutative, and one that is neither.
struct Fold {
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  std::uint64_t xored = 0;
  std::uint64_t chain = 0;  // of the ordered fold

  void apply(ByteView result);
  void apply_in_order(const UnitKey& key, ByteView result);
  [[nodiscard]] Bytes save() const;
  [[nodiscard]] static std::optional<Fold> load(ByteView bytes);
  friend bool operator==(const Fold&, const Fold&) = default;
};

class Workload : public core::PayloadSource, public core::HintSource {
 public:
  explicit Workload(const SimOptions& options);

  // pure functions of the unit
  [[nodiscard]] Node root(std::uint64_t index) const;
  [[nodiscard]] std::vector<Node> children(const Node& node) const;
  [[nodiscard]] UnitKind kind(const Node& node) const;
  [[nodiscard]] TimeUs duration_us(const Node& node) const;
  [[nodiscard]] std::int32_t priority(const Node& node) const;
  [[nodiscard]] UnitHints hints(const Node& node) const;
  [[nodiscard]] Bytes result(const Node& node) const;
  [[nodiscard]] std::optional<SharedValue> proposal(const Node& node) const;
  [[nodiscard]] Bytes spawn_payload(const Node& node) const;
  /// A unit ends with its last step and can save before each but the first.
  [[nodiscard]] std::uint32_t steps(const Node& node) const;
  /// What it saves with so many steps behind it.
  [[nodiscard]] Bytes state(const Node& node, std::uint64_t steps_done) const;
  [[nodiscard]] static std::optional<Node> parse(ByteView bytes);

  // the table for the checker: all units, parents before children, the roots first
  struct Entry {
    Node node;
    UnitKey key;
    std::uint32_t parent = kNone;
    UnitKind kind = UnitKind::plain;
  };
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  /// Its place in entries(), or kNone.
  [[nodiscard]] std::uint32_t find(std::uint64_t id) const;
  [[nodiscard]] std::uint32_t find(const UnitKey& key) const;

  // core::PayloadSource, core::HintSource
  [[nodiscard]] ByteView payload(std::uint64_t index) const override;
  [[nodiscard]] UnitHints hints(std::uint64_t index) const override;
  [[nodiscard]] std::vector<core::FreshRun> index_priorities() const;

 private:
  SimOptions options_;
  std::vector<Entry> entries_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_id_;
  std::unordered_map<UnitKey, std::uint32_t, UnitKeyHash> by_key_;
  mutable Bytes payload_;
};

/// What the job must give if exactly the units in `given_up` (by id) are given up: computed by a
/// serial loop without any runtime code.
struct Expected {
  Fold fold;
  std::uint64_t units = 0;
  std::optional<SharedValue> best;  // of what accepted units propose
};
[[nodiscard]] Expected run_serially(const Workload& workload, std::uint32_t roots,
                                    const std::vector<std::uint64_t>& given_up_sorted,
                                    bool ordered);

}  // namespace steadfarm::sim
