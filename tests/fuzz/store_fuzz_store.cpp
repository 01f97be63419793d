#include "store_fuzz_store.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "checkpoint/manifest.hpp"
#include "checkpoint/names.hpp"
#include "checkpoint/shard_writer.hpp"

namespace steadfarm::checkpoint::test {
namespace {

ByteView view_of(const std::string& text) { return std::as_bytes(std::span(text)); }

/// The results of every second generation go into a shard.
void to_shard(ShardWriter& writer, core::GenerationDelta& delta) {
  if (delta.results.size() == 0) return;
  const auto results = std::make_shared<const core::ResultBatch>(std::move(delta.results));
  delta.results = {};
  const LaidOutShard laid_out = std::move(writer.lay_out(results)).value();
  const ShardInfo shard = writer.write(laid_out).value();
  for (std::uint64_t row = 0; row < results->size(); ++row) {
    delta.sharded.add(results->keys[row], {shard, row, results->payload(row).size()});
  }
}

template <class Number>
void put(Bytes& bytes, std::size_t at, Number number) {
  const std::size_t count = std::min(sizeof number, bytes.size() - at);
  std::memcpy(bytes.data() + at, &number, count);
}

/// Most of a file is payload; its structure is at the front and where these words are.
std::size_t place_in(const Bytes& bytes, Prng& prng) {
  if (prng.chance(0.3)) return static_cast<std::size_t>(prng.below(bytes.size()));
  if (prng.chance(0.3)) {
    return static_cast<std::size_t>(prng.below(std::min<std::uint64_t>(bytes.size(), 1200)));
  }
  std::vector<std::size_t> places;
  for (const std::string word : {"TREE", "HEAP", "SNOD"}) {
    const ByteView view = view_of(word);
    for (auto found = bytes.begin(); found != bytes.end();) {
      found = std::search(found, bytes.end(), view.begin(), view.end());
      if (found == bytes.end()) break;
      places.push_back(static_cast<std::size_t>(found - bytes.begin()));
      ++found;
    }
  }
  if (places.empty()) return 0;
  const std::size_t begin = places[prng.below(places.size())];
  return std::min<std::size_t>(begin + prng.below(400), bytes.size() - 1);
}

/// Replaces `from` by `to`, of the same length, everywhere. How often.
int replace_bytes(Bytes& bytes, ByteView from, ByteView to) {
  int count = 0;
  for (auto at = bytes.begin(); at != bytes.end();) {
    at = std::search(at, bytes.end(), from.begin(), from.end());
    if (at == bytes.end()) break;
    std::copy(to.begin(), to.end(), at);
    at += static_cast<std::ptrdiff_t>(to.size());
    ++count;
  }
  return count;
}

ByteView words_of(const Digest& digest) { return std::as_bytes(std::span(&digest, 1)); }

/// Every manifest anew, oldest first, since each states the digest of the one before.
void reseal(Files& store) {
  Digest parent;
  Generation parent_of;
  for (auto& [name, bytes] : store) {
    if (!parse_manifest_name(name)) continue;
    Manifest manifest = decode_manifest(bytes).value();
    for (SegmentEntry& entry : manifest.segments) {
      const auto file = store.find(entry.file);
      if (file == store.end()) continue;
      entry.bytes = file->second.size();
      entry.digest = digest(ByteView(file->second));
    }
    if (manifest.parent == parent_of) manifest.parent_digest = parent;
    bytes = encode_manifest(manifest);
    parent = digest(ByteView(bytes));
    parent_of = manifest.generation;
  }
}

}  // namespace

Files sound_store() {
  MemoryFileSystem files(3);
  StoreOptions options = test_options();
  options.inline_results_bytes_max = 200;
  options.result_fields = "first:u8 ...";
  OpenReport report;
  Workload work(17);
  auto store = std::move(Store::open(files, options, report)).value();
  ShardWriter writer(files, {options.path, {report.owner_epoch, report.fingerprint}, {}, nullptr});
  for (int i = 0; i < 8; ++i) {
    core::GenerationDelta delta = work.next();
    if (i % 2 == 1) to_shard(writer, delta);
    static_cast<void>(store->publish(delta).value());
    work.committed();
  }
  return files_of(files);
}

Generation newest_of(const Files& store) {
  Generation newest;
  for (const auto& [name, bytes] : store) {
    newest = std::max(newest, parse_manifest_name(name).value_or(Generation()));
  }
  return newest;
}

std::vector<std::string> segments_of(const Files& store) {
  std::vector<std::string> names;
  const Bytes& bytes = store.at(manifest_name(newest_of(store)));
  const Manifest manifest = decode_manifest(bytes).value();
  for (const SegmentEntry& entry : manifest.segments) names.push_back(entry.file);
  return names;
}

std::vector<std::string> shards_of(const Files& store) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : store) {
    if (parse_shard_name(name)) names.push_back(name);
  }
  return names;
}

Bytes mutated(Bytes bytes, Prng& prng) {
  for (std::uint64_t changes = 1 + prng.below(4); changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = place_in(bytes, prng);
    const std::uint64_t numbers[] = {0,           1,           7,           ~std::uint64_t{0},
                                     1ULL << 62U, 1ULL << 32U, 0xFFFF,      bytes.size(),
                                     at,          at & ~7ULL,  prng.next(), bytes.size() - 8};
    const std::uint64_t number = numbers[prng.below(std::size(numbers))];
    switch (prng.below(7)) {
      case 0:
        bytes[at] ^= static_cast<std::byte>(1U << prng.below(8));
        break;
      case 1:
        bytes[at] = static_cast<std::byte>(prng.next());
        break;
      case 2:
        put(bytes, at, static_cast<std::uint16_t>(number));
        break;
      case 3:
        put(bytes, at, static_cast<std::uint32_t>(number));
        break;
      case 4:
        put(bytes, at & ~std::size_t{7}, number);
        break;
      case 5: {  // one part of it in the place of another
        const std::size_t from = place_in(bytes, prng);
        const std::size_t room = bytes.size() - std::max(at, from);
        const auto count = static_cast<std::size_t>(prng.below(std::min<std::size_t>(room, 64)));
        std::memmove(bytes.data() + at, bytes.data() + from, count);
        break;
      }
      default:
        if (prng.chance(0.2)) bytes.resize(at);
        break;
    }
  }
  return bytes;
}

void replace_file(Files& store, const std::string& name, Bytes bytes) {
  const Digest old_digest = digest(ByteView(store.at(name)));
  const Digest new_digest = digest(ByteView(bytes));
  const std::uint64_t old_bytes = store.at(name).size();
  const std::uint64_t new_bytes = bytes.size();
  store.at(name) = std::move(bytes);
  if (parse_shard_name(name)) {
    for (auto& [file, content] : store) {
      if (!parse_segment_name(file)) continue;
      if (replace_bytes(content, words_of(old_digest), words_of(new_digest)) == 0) continue;
      replace_bytes(content, std::as_bytes(std::span(&old_bytes, 1)),
                    std::as_bytes(std::span(&new_bytes, 1)));
    }
  }
  reseal(store);
}

std::string newest_text(const Files& store) {
  const Bytes& bytes = store.at(manifest_name(newest_of(store)));
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.substr(0, text.rfind("digest "));
}

void replace_newest(Files& store, const std::string& text) {
  const std::string whole = text + "digest " + to_hex(digest(std::string_view(text))) + "\n";
  const ByteView view = view_of(whole);
  store.at(manifest_name(newest_of(store))).assign(view.begin(), view.end());
}

}  // namespace steadfarm::checkpoint::test
