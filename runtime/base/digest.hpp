// XXH3-128 of a run of bytes: names content in manifests and fingerprints.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "steadfarm/types.hpp"

namespace steadfarm {

struct Digest {
  std::uint64_t hi = 0;
  std::uint64_t lo = 0;
  friend constexpr auto operator<=>(const Digest&, const Digest&) = default;
};

[[nodiscard]] Digest digest(ByteView bytes);
[[nodiscard]] Digest digest(std::string_view text);

/// 32 hexadecimal digits, most significant first.
[[nodiscard]] std::string to_hex(const Digest& digest);
[[nodiscard]] std::optional<Digest> digest_from_hex(std::string_view text);

/// The digest of a sequence of pieces, independent of how it is cut. Not thread-safe.
class DigestStream {
 public:
  DigestStream();
  ~DigestStream();
  DigestStream(const DigestStream&) = delete;
  DigestStream& operator=(const DigestStream&) = delete;

  void update(ByteView bytes);
  void update(std::string_view text);
  [[nodiscard]] Digest finish() const;

 private:
  void* state_;  // XXH3_state_t; kept out of the header
};

}  // namespace steadfarm
