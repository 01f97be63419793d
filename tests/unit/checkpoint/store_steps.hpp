// Opens a store in memory and publishes the workload's steps, as tests of the store do.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "checkpoint/memory_file_system.hpp"
#include "checkpoint/store.hpp"
#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint::test {

inline std::unique_ptr<Store> open_store(MemoryFileSystem& files, const StoreOptions& options,
                                         OpenReport& report) {
  Result<std::unique_ptr<Store>> store = Store::open(files, options, report);
  if (store) return std::move(store).value();
  ADD_FAILURE() << store.error().message;
  return nullptr;
}

/// Publishes `count` steps of the workload; all must succeed.
inline void publish_steps(Store& store, Workload& work, int count) {
  for (int i = 0; i < count; ++i) {
    const Result<Generation> done = store.publish(work.next());
    ASSERT_TRUE(done) << done.error().message;
    work.committed();
  }
}

}  // namespace steadfarm::checkpoint::test
