// A folder that tells of every step that was taken in it.
#pragma once

#include <functional>
#include <memory>

#include "checkpoint/file_system.hpp"

namespace steadfarm::checkpoint {

/// `folder`, with a call of `after_step` after each operation on it or on one of its files, whether
/// it went well or not, on the thread that made it. Long writes count piece by piece, so that a
/// slow disk can be told from one that hangs.
[[nodiscard]] std::unique_ptr<Folder> watch_steps(std::unique_ptr<Folder> folder,
                                                  std::function<void()> after_step);

}  // namespace steadfarm::checkpoint
