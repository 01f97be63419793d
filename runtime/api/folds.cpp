#include "api/folds.hpp"

#include <algorithm>

#include "steadfarm/serialise.hpp"

namespace steadfarm::api {

bool Folds::any(bool in_key_order) const {
  return std::any_of(folds_.begin(), folds_.end(),
                     [&](const auto& fold) { return fold.in_key_order == in_key_order; });
}

bool Folds::can_be_saved() const {
  return std::all_of(folds_.begin(), folds_.end(),
                     [](const auto& fold) { return fold.save && fold.load; });
}

bool Folds::all_reduce() const {
  return std::all_of(folds_.begin(), folds_.end(),
                     [](const auto& fold) { return fold.reduce && !fold.in_key_order; });
}

Bytes Folds::reduce(ByteView result) const {
  std::vector<Bytes> values;
  for (const ByteFarm::Fold& fold : folds_) values.push_back(fold.reduce(result));
  return to_bytes(values);
}

bool Folds::apply_reduced(const UnitKey& key, ByteView reduced) const {
  std::vector<Bytes> values;
  if (!from_bytes(reduced, values) || values.size() != folds_.size()) return false;
  for (std::size_t i = 0; i < folds_.size(); ++i) folds_[i].apply(key, values[i]);
  return true;
}

void Folds::apply(bool in_key_order, const UnitKey& key, ByteView result) const {
  for (const ByteFarm::Fold& fold : folds_) {
    if (fold.in_key_order != in_key_order) continue;
    if (fold.reduce) {
      const Bytes reduced = fold.reduce(result);
      fold.apply(key, reduced);
    } else {
      fold.apply(key, result);
    }
  }
}

Bytes Folds::save() const {
  if (folds_.size() == 1) return folds_.front().save();
  std::vector<Bytes> states;
  for (const ByteFarm::Fold& fold : folds_) states.push_back(fold.save());
  return to_bytes(states);
}

bool Folds::load(ByteView bytes) const {
  if (folds_.size() == 1) return folds_.front().load(bytes);
  std::vector<Bytes> states;
  if (!from_bytes(bytes, states) || states.size() != folds_.size()) return false;
  for (std::size_t i = 0; i < folds_.size(); ++i) {
    if (!folds_[i].load(states[i])) return false;
  }
  return true;
}

std::vector<std::string> Folds::layouts() const {
  std::vector<std::string> all;
  for (const ByteFarm::Fold& fold : folds_) {
    const char* kind = fold.in_key_order ? "ordered " : fold.reduce ? "reduced " : "any ";
    all.push_back(kind + fold.layout + (fold.reduce ? " from " + fold.reduced_layout : ""));
  }
  return all;
}

std::string Folds::description_format_1() const {
  if (folds_.empty() || (folds_.size() == 1 && !any(true))) return {};
  std::string text;
  for (const ByteFarm::Fold& fold : folds_) {
    text += text.empty() ? "folds " : ", ";
    text += fold.in_key_order ? "in key order" : "in any order";
  }
  return text;
}

}  // namespace steadfarm::api
