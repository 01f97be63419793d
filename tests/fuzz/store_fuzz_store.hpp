// A sound store with segments and shards, and changes to it behind which every digest is made right
// again, so that they are seen by what reads the content.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {

/// Several generations of a job. Some results lie in segments, some in shards.
[[nodiscard]] Files sound_store();

/// The names of the files of one kind that the newest generation leads to.
[[nodiscard]] std::vector<std::string> segments_of(const Files& store);
[[nodiscard]] std::vector<std::string> shards_of(const Files& store);
[[nodiscard]] Generation newest_of(const Files& store);

/// Some bits, bytes, numbers or the length of a file, most of them in its structure.
[[nodiscard]] Bytes mutated(Bytes bytes, Prng& prng);

/// Puts these bytes in the place of a file, and makes sizes and digests right in all that name it.
void replace_file(Files& store, const std::string& name, Bytes bytes);

/// The text of the newest manifest without its last line; the same put back with a right digest.
[[nodiscard]] std::string newest_text(const Files& store);
void replace_newest(Files& store, const std::string& text);

}  // namespace steadfarm::checkpoint::test
