// Who may read a store: --mode.
#pragma once

#include <sys/types.h>

namespace steadfarm::checkpoint {

enum class Sharing {
  nobody,  // private: folders 0700, files 0400
  group,   // the folder's group may read: folders 0750, files 0440
};

/// Of folders, without the set-group-id bit, which they keep.
[[nodiscard]] constexpr mode_t folder_mode(Sharing sharing) {
  return sharing == Sharing::group ? 0750 : 0700;
}
/// Of files that have their final name.
[[nodiscard]] constexpr mode_t file_mode(Sharing sharing) {
  return sharing == Sharing::group ? 0440 : 0400;
}

}  // namespace steadfarm::checkpoint
