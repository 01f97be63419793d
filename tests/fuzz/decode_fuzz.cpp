// Bytes that anybody may have written, given to the decoder. Built as a plain test it is driven by
// decode_fuzz_test.cpp; with clang it is a libFuzzer target:
//   clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Iruntime
//     -Iruntime/include tests/fuzz/decode_fuzz.cpp runtime/wire/*.cpp runtime/base/*.cpp -lxxhash
//     -o decode_fuzz
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/assert.hpp"
#include "wire/messages.hpp"

namespace steadfarm::wire {
namespace {

constexpr JobId kJob(0xABCD);

void check(ByteView bytes) {
  const auto message = decode(kJob, bytes);
  if (!message) {
    STEADFARM_ASSERT(!message.error().message.empty());
    return;
  }
  // What was understood can be said again and is understood the same.
  const auto same = decode(kJob, encode(kJob, message.value()));
  STEADFARM_ASSERT(same.ok() && same.value() == message.value());
  if (const auto* report = std::get_if<Report>(&message.value().body)) {
    std::uint64_t seen = 0;
    std::size_t views = 0;
    report->answers->for_each([&](const AnswerView& answer) {
      ++seen;
      views += answer.payload.size() + answer.proposal_witness.size();
      for (const Child& child : answer.children) views += child.payload.size();
    });
    STEADFARM_ASSERT(seen == report->answers->size());
    STEADFARM_ASSERT(views <= bytes.size());
  }
  if (const auto* assign = std::get_if<Assign>(&message.value().body)) {
    STEADFARM_ASSERT(assign->units.unit_count() > 0);
    STEADFARM_ASSERT(assign->units.byte_count() <= bytes.size());
    std::uint64_t state_bytes = 0;
    for (const UnitBatch::Saved& saved : assign->units.saved) {
      STEADFARM_ASSERT(saved.head < assign->units.heads.size() && saved.sequence > 0);
      state_bytes += saved.state_bytes;
    }
    STEADFARM_ASSERT(state_bytes == assign->units.states.size());
  }
}

}  // namespace
}  // namespace steadfarm::wire

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steadfarm;
  const ByteView bytes = std::as_bytes(std::span(data, size));
  wire::check(bytes);
  // Nobody guesses magic and job number, so the same bytes again behind a header that is right.
  if (size == 0) return 0;
  Bytes dressed = wire::encode(wire::kJob, {Session(1), wire::Stop{}});
  STEADFARM_ASSERT(dressed.size() == wire::kHeaderBytes);
  dressed.at(3) = bytes[0];  // the type
  dressed.insert(dressed.end(), bytes.begin() + 1, bytes.end());
  wire::check(dressed);
  return 0;
}
