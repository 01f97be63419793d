// The fuzz target as a plain test: a corpus of every message, and seeded mutations of it, with the
// memory that a decoder may take counted.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/prng.hpp"
#include "decode_fuzz_allocations.hpp"
#include "unit/wire/samples.hpp"
#include "wire/messages.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace steadfarm::wire {
namespace {

constexpr JobId kJob(0xABCD);

std::vector<Bytes> corpus() {
  std::vector<Bytes> out;
  for (const Message& message : test::samples()) out.push_back(encode(kJob, message));
  return out;
}

void feed(const Bytes& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

// One to four changes: a bit, a byte, a length-like word, a cut, a repeat, a splice.
Bytes mutate(Bytes bytes, const std::vector<Bytes>& all, Prng& prng) {
  for (std::uint64_t changes = 1 + prng.below(4); changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = prng.below(bytes.size());
    const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (prng.below(6)) {
      case 0:
        *place ^= static_cast<std::byte>(1U << prng.below(8));
        break;
      case 1:
        *place = static_cast<std::byte>(prng.next());
        break;
      case 2: {
        const std::uint64_t words[] = {0, 1, 0xFF, ~std::uint64_t{0}, bytes.size(), 1ULL << 62U};
        std::uint64_t word = words[prng.below(6)];
        for (std::size_t i = at; i < std::min(at + 8, bytes.size()); ++i, word >>= 8U) {
          bytes[i] = static_cast<std::byte>(word);
        }
        break;
      }
      case 3:
        bytes.erase(place, bytes.end());
        break;
      case 4: {
        const Bytes tail(place, bytes.end());
        bytes.insert(bytes.end(), tail.begin(), tail.end());
        break;
      }
      default: {
        const Bytes& other = all[prng.below(all.size())];
        bytes.erase(place, bytes.end());
        bytes.insert(bytes.end(),
                     other.begin() + static_cast<std::ptrdiff_t>(std::min(at, other.size())),
                     other.end());
        break;
      }
    }
  }
  return bytes;
}

TEST(DecodeFuzz, understands_its_corpus) {
  for (const Bytes& bytes : corpus()) {
    EXPECT_TRUE(decode(kJob, bytes).ok());
    feed(bytes);
  }
}

TEST(DecodeFuzz, survives_mutations_and_takes_little_memory) {
  const std::vector<Bytes> all = corpus();
  Prng prng(20240607);
  std::size_t understood = 0;
  for (int round = 0; round < 200'000; ++round) {
    const Bytes bytes = mutate(all[prng.below(all.size())], all, prng);
    steadfarm::test::reset_largest_allocation();
    const bool ok = decode(kJob, bytes).ok();
    ASSERT_LE(steadfarm::test::largest_allocation(), 1024 + 8 * bytes.size()) << "round " << round;
    understood += ok ? 1 : 0;
    feed(bytes);
  }
  // A test that only ever sees refusals would test little.
  EXPECT_GT(understood, 10'000U);
  EXPECT_LT(understood, 190'000U);
}

}  // namespace
}  // namespace steadfarm::wire
