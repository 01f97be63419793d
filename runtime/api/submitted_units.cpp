#include "api/submitted_units.hpp"

#include <algorithm>

#include "wire/codec.hpp"

namespace steadfarm::api {
namespace {

void add_to(DigestStream& stream, ByteView payload) {
  Bytes head;
  wire::Writer(head).number(static_cast<std::uint64_t>(payload.size()));
  stream.update(head);
  stream.update(payload);
}

}  // namespace

void SubmittedUnits::add(ByteView payload, std::int32_t priority, const UnitHints& hints) {
  const std::uint64_t index = count();
  bytes_.insert(bytes_.end(), payload.begin(), payload.end());
  offsets_.push_back(bytes_.size());
  add_to(stream_, payload);
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

Digest SubmittedUnits::digest_of_first(std::uint64_t count_wanted) const {
  DigestStream stream;
  for (std::uint64_t i = 0; i < std::min(count_wanted, count()); ++i) add_to(stream, payload(i));
  return stream.finish();
}

}  // namespace steadfarm::api
