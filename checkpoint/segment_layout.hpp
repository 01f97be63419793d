// The names inside a segment, shared by its writer and its reader.
#pragma once

#include <cstdint>

namespace steadfarm::checkpoint::layout {

inline constexpr const char* magic = "steadfarm-segment";

inline constexpr const char* state = "state";
inline constexpr const char* pending = "state/pending";
inline constexpr const char* retried = "state/retried";
inline constexpr const char* fold = "state/fold";
inline constexpr const char* witness = "state/shared_witness";
inline constexpr const char* held = "state/held";  // for the ordered fold
inline constexpr const char* held_keys = "state/held/keys";
inline constexpr const char* held_offsets = "state/held/offsets";
inline constexpr const char* held_bytes = "state/held/bytes";

inline constexpr const char* units = "units";
inline constexpr const char* unit_keys = "units/keys";
inline constexpr const char* unit_numbers = "units/numbers";  // priority, tries, deaths
inline constexpr const char* unit_hints = "units/hints";      // expected_us, affinity, flags
inline constexpr std::uint64_t unit_not_repeatable = 1;       // the one flag there is
inline constexpr const char* unit_offsets = "units/offsets";
inline constexpr const char* unit_bytes = "units/bytes";
inline constexpr const char* removed = "removed";

inline constexpr const char* partials = "partials";
inline constexpr const char* partial_keys = "partials/keys";
inline constexpr const char* partial_sequences = "partials/sequences";
inline constexpr const char* partial_offsets = "partials/offsets";
inline constexpr const char* partial_bytes = "partials/bytes";

inline constexpr const char* failed = "failed";
inline constexpr const char* failed_keys = "failed/keys";
inline constexpr const char* failed_numbers = "failed/numbers";  // tries, deaths
inline constexpr const char* failed_offsets = "failed/offsets";
inline constexpr const char* failed_bytes = "failed/messages";

inline constexpr const char* results = "results";
inline constexpr const char* result_keys = "results/keys";
inline constexpr const char* result_offsets = "results/offsets";
inline constexpr const char* result_bytes = "results/bytes";
inline constexpr const char* result_fields = "results/fields";  // a dataset a named field

inline constexpr const char* shards = "shards";                 // that this segment speaks of
inline constexpr const char* shard_names = "shards/names";      // owner epoch, nonce, sequence
inline constexpr const char* shard_sizes = "shards/sizes";      // results, bytes
inline constexpr const char* shard_digests = "shards/digests";  // high word, low word
inline constexpr const char* sharded = "sharded";               // results that lie in them
inline constexpr const char* sharded_keys = "sharded/keys";
inline constexpr const char* sharded_places = "sharded/places";  // shard, row in it, bytes

// What a compaction reads again: everything but the state, which each generation says in full.
inline constexpr const char* lists[] = {
    removed,        unit_keys,      unit_numbers,      unit_hints,      unit_offsets,
    unit_bytes,     partial_keys,   partial_sequences, partial_offsets, partial_bytes,
    failed_keys,    failed_numbers, failed_offsets,    failed_bytes,    result_keys,
    result_offsets, result_bytes,   shard_names,       shard_sizes,     shard_digests,
    sharded_keys,   sharded_places};

}  // namespace steadfarm::checkpoint::layout
