// What a new owner does to the files of older owners, after its take-over is durable: sets damaged
// ones aside, puts discarded ones away, and tells retention about the rest.
#pragma once

#include <string>
#include <vector>

#include "checkpoint/file_system.hpp"
#include "checkpoint/retention.hpp"
#include "checkpoint/survey.hpp"

namespace steadfarm::checkpoint {

struct HousekeepingReport {
  std::uint32_t set_aside = 0;
  std::uint32_t discarded = 0;
  std::vector<std::string> warnings;
};

/// Touches only files whose names carry an owner epoch below that of `takeover`, manifests below
/// its number, and temporary files of a rival for the same number. Failures are warnings: nothing
/// here is needed for the store to be sound.
///
/// Of shards it touches those of owners before `shards_from`: they can no longer be accepted by
/// anybody. What the base does not name no kept generation names, because results only come to a
/// store.
[[nodiscard]] HousekeepingReport keep_house(Folder& folder, const Survey& found,
                                            const Manifest& takeover, OwnerEpoch shards_from,
                                            Retention& retention);

}  // namespace steadfarm::checkpoint
