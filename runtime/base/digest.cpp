#include "base/digest.hpp"

#include <xxhash.h>

#include "base/assert.hpp"
#include "base/ids.hpp"

namespace steadfarm {
namespace {

XXH3_state_t* as_state(void* state) { return static_cast<XXH3_state_t*>(state); }

Digest from_xxh(XXH128_hash_t hash) { return {hash.high64, hash.low64}; }

void put_hex(std::string& out, std::uint64_t word) {
  constexpr char digits[] = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) {
    out.push_back(digits[(word >> static_cast<unsigned>(shift)) & 15U]);
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Little-endian on every machine, so that keys and seeds are equal everywhere.
void put_le(unsigned char* out, std::uint64_t word) {
  for (unsigned i = 0; i < 8; ++i) out[i] = static_cast<unsigned char>(word >> (8U * i));
}

}  // namespace

Digest digest(ByteView bytes) { return from_xxh(XXH3_128bits(bytes.data(), bytes.size())); }

Digest digest(std::string_view text) { return from_xxh(XXH3_128bits(text.data(), text.size())); }

std::string to_hex(const Digest& digest) {
  std::string out;
  out.reserve(32);
  put_hex(out, digest.hi);
  put_hex(out, digest.lo);
  return out;
}

std::optional<Digest> digest_from_hex(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  std::uint64_t words[2] = {0, 0};
  for (std::size_t i = 0; i < 32; ++i) {
    const int v = hex_value(text[i]);
    if (v < 0) return std::nullopt;
    words[i / 16] = (words[i / 16] << 4U) | static_cast<std::uint64_t>(v);
  }
  return Digest{words[0], words[1]};
}

DigestStream::DigestStream() : state_(XXH3_createState()) {
  STEADFARM_ASSERT(state_ != nullptr);
  XXH3_128bits_reset(as_state(state_));
}
DigestStream::~DigestStream() { XXH3_freeState(as_state(state_)); }
void DigestStream::update(ByteView bytes) {
  XXH3_128bits_update(as_state(state_), bytes.data(), bytes.size());
}
void DigestStream::update(std::string_view text) {
  XXH3_128bits_update(as_state(state_), text.data(), text.size());
}
Digest DigestStream::finish() const { return from_xxh(XXH3_128bits_digest(as_state(state_))); }

std::string to_string(const UnitKey& key) {
  if (key.is_index()) return std::to_string(key.lo);
  return to_hex(Digest{key.hi, key.lo});
}

UnitKey child_key(const UnitKey& parent, std::uint64_t ordinal) {
  unsigned char bytes[24];
  put_le(bytes, parent.hi);
  put_le(bytes + 8, parent.lo);
  put_le(bytes + 16, ordinal);
  const XXH128_hash_t hash = XXH3_128bits(bytes, sizeof bytes);
  return {hash.high64 | (1ULL << 63U), hash.low64};
}

std::uint64_t unit_seed(std::uint64_t job_seed, const UnitKey& key) {
  unsigned char bytes[24];
  put_le(bytes, job_seed);
  put_le(bytes + 8, key.hi);
  put_le(bytes + 16, key.lo);
  return XXH3_64bits_withSeed(bytes, sizeof bytes, 0x5EEDULL);
}

}  // namespace steadfarm
