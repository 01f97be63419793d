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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace steadfarm;
  constexpr wire::JobId kJob(0xABCD);
  const auto message = wire::decode(kJob, std::as_bytes(std::span(data, size)));
  if (!message) {
    STEADFARM_ASSERT(!message.error().message.empty());
    return 0;
  }
  // What was understood can be said again and is understood the same.
  const Bytes again = wire::encode(kJob, message.value());
  const auto same = wire::decode(kJob, again);
  STEADFARM_ASSERT(same.ok() && same.value() == message.value());
  if (const auto* report = std::get_if<wire::Report>(&message.value().body)) {
    std::uint64_t seen = 0;
    std::size_t bytes = 0;
    report->answers->for_each([&](const wire::AnswerView& answer) {
      ++seen;
      bytes += answer.payload.size() + answer.proposal_witness.size();
      for (const wire::Child& child : answer.children) bytes += child.payload.size();
    });
    STEADFARM_ASSERT(seen == report->answers->size());
    STEADFARM_ASSERT(bytes <= size);
  }
  if (const auto* assign = std::get_if<wire::Assign>(&message.value().body)) {
    STEADFARM_ASSERT(assign->units.unit_count() > 0);
    STEADFARM_ASSERT(assign->units.bytes.size() <= size);
  }
  return 0;
}
