// The folds of a farm as one: each accepted result goes into all of them, and their states are one
// run of bytes in the checkpoint.
#pragma once

#include <string>
#include <vector>

#include "steadfarm/byte_farm.hpp"

namespace steadfarm::api {

class Folds {
 public:
  void add(ByteFarm::Fold fold) { folds_.push_back(std::move(fold)); }

  [[nodiscard]] bool empty() const { return folds_.empty(); }
  /// Is any of them (not) applied in key order?
  [[nodiscard]] bool any(bool in_key_order) const;
  [[nodiscard]] bool can_be_saved() const;
  /// No fold is in key order or wants to see whole results.
  [[nodiscard]] bool all_reduce() const;
  /// What all of them take of a result, for apply_reduced.
  [[nodiscard]] Bytes reduce(ByteView result) const;
  /// Applies what `reduce` has made of a result. False if the bytes make no sense.
  [[nodiscard]] bool apply_reduced(const UnitKey& key, ByteView reduced) const;
  /// Applies to those that are (not) in key order.
  void apply(bool in_key_order, const UnitKey& key, ByteView result) const;

  /// One fold's state as it is; of several a count and each with its length, as to_bytes has them.
  [[nodiscard]] Bytes save() const;
  /// False if the bytes are not those of these folds.
  [[nodiscard]] bool load(ByteView bytes) const;

  /// What a store remembers of each: its kind and the layouts of its bytes.
  [[nodiscard]] std::vector<std::string> layouts() const;
  /// What a store of format 1 remembers of them; empty for none and for one in any order.
  [[nodiscard]] std::string description_format_1() const;

 private:
  std::vector<ByteFarm::Fold> folds_;
};

}  // namespace steadfarm::api
