#include "api/submitted_units.hpp"

#include "wire/codec.hpp"

namespace steadfarm::api {

void SubmittedUnits::add(ByteView payload, std::int32_t priority, const UnitHints& hints) {
  const std::uint64_t index = count();
  bytes_.insert(bytes_.end(), payload.begin(), payload.end());
  offsets_.push_back(bytes_.size());
  Bytes head;
  wire::Writer(head).number(static_cast<std::uint64_t>(payload.size()));
  stream_.update(head);
  stream_.update(payload);
  if (hints != UnitHints()) {
    hints_.resize(index);
    hints_.push_back(hints);
  }
  if (priority == 0) return;
  if (!priorities_.empty() && priorities_.back().priority == priority &&
      priorities_.back().indices.end == index) {
    ++priorities_.back().indices.end;
  } else {
    priorities_.push_back({{index, index + 1}, priority});
  }
}

}  // namespace steadfarm::api
