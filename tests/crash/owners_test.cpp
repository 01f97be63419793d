// Two owners of one store: a master that was thought dead and wakes up, two starts at once, and
// those who only look while a run is live.
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>

#include "checkpoint/names.hpp"
#include "tests/crash/scenario.hpp"

namespace steadfarm::checkpoint::test {
namespace {

std::unique_ptr<Store> open_store(FileSystem& files, OpenReport& report) {
  auto store = Store::open(files, crash_options(), report);
  EXPECT_TRUE(store) << store.error().message;
  return store ? std::move(store).value() : nullptr;
}

/// Does something else in the middle of another owner's step: before the n-th change.
class Meanwhile final : public FileObserver {
 public:
  Meanwhile(MemoryFileSystem& files, std::uint64_t at, std::function<void()> act)
      : files_(files), at_(at), act_(std::move(act)) {
    files_.set_observer(this);
  }
  ~Meanwhile() override { files_.set_observer(nullptr); }
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;

  void changed(Operation /*operation*/, const std::string& /*folder*/, const std::string& /*name*/,
               const std::string& /*to*/) override {
    if (++seen_ != at_) return;
    files_.set_observer(nullptr);
    act_();
    acted_ = true;
  }
  [[nodiscard]] bool acted() const { return acted_; }

 private:
  MemoryFileSystem& files_;
  std::uint64_t at_;
  std::uint64_t seen_ = 0;
  bool acted_ = false;
  std::function<void()> act_;
};

TEST(Fencing, an_old_owner_that_wakes_up_cannot_publish) {
  MemoryFileSystem files(1);
  OpenReport report;
  Workload work(3);
  const auto old_owner = open_store(files, report);
  ASSERT_TRUE(old_owner->publish(work.next()));
  work.committed();
  const Snapshot durable = work.snapshot();
  const auto new_owner = open_store(files, report);
  const Files before = files_of(files);
  for (int i = 0; i < 3; ++i) {
    const Result<Generation> refused = old_owner->publish(work.next());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::fenced);
  }
  EXPECT_EQ(files_of(files), before);
  EXPECT_EQ(difference(*report.recovered, durable), "");
  EXPECT_TRUE(new_owner->publish(work.next()));
}

TEST(Fencing, works_at_every_point_of_the_old_owners_publication) {
  std::uint64_t fenced = 0;
  std::uint64_t first = 0;
  for (std::uint64_t at = 1; at < 200; ++at) {
    MemoryFileSystem files(at);
    OpenReport report;
    Workload work(3);
    const auto old_owner = open_store(files, report);
    ASSERT_TRUE(old_owner->publish(work.next()));
    work.committed();
    const Snapshot before = work.snapshot();
    OpenReport taken;
    std::unique_ptr<Store> new_owner;
    Meanwhile meanwhile(files, at, [&] { new_owner = open_store(files, taken); });
    const core::GenerationDelta delta = work.next();
    const Snapshot after = work.snapshot();
    const Result<Generation> done = old_owner->publish(delta);
    if (!meanwhile.acted()) break;
    ASSERT_TRUE(new_owner);
    ASSERT_TRUE(taken.recovered);
    // Either the old owner was first, and the new one goes on from there; or it is refused.
    const bool saw_it = difference(*taken.recovered, after).empty();
    if (!saw_it) {
      ASSERT_EQ(difference(*taken.recovered, before), "") << "at " << at;
      ASSERT_FALSE(done) << "at " << at << ": two histories";
      EXPECT_EQ(done.error().code, ErrorCode::fenced) << "at " << at << done.error().message;
    }
    const Result<Generation> next = old_owner->publish(delta);
    ASSERT_FALSE(next);
    EXPECT_EQ(next.error().code, ErrorCode::fenced) << "at " << at;
    saw_it ? ++first : ++fenced;
    // What the new owner has stays whole, whatever the old one removed or left.
    ASSERT_TRUE(new_owner->publish(Workload(8).next()));
    const Result<Verification> verified = verify(files, store_path, &fast_codec());
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified.value().bad, std::vector<std::string>()) << "at " << at;
  }
  EXPECT_GT(fenced, 5U);
  EXPECT_GT(first, 1U);
}

TEST(Fencing, the_link_decides_when_the_folder_still_looked_free) {
  MemoryFileSystem files(1);
  OpenReport report;
  Workload work(3);
  const auto old_owner = open_store(files, report);
  ASSERT_TRUE(old_owner->publish(work.next()));
  work.committed();
  OpenReport taken;
  std::unique_ptr<Store> new_owner;
  // After the old owner has looked at the folder and begun to write.
  Meanwhile meanwhile(files, 2, [&] { new_owner = open_store(files, taken); });
  const Result<Generation> refused = old_owner->publish(work.next());
  ASSERT_TRUE(meanwhile.acted());
  ASSERT_FALSE(refused);
  EXPECT_EQ(taken.generation, Generation(3));
}

TEST(Fencing, of_two_that_start_at_once_the_first_wins_and_the_other_says_so_or_takes_over) {
  std::uint64_t refused = 0;
  for (std::uint64_t at = 1; at < 40; ++at) {
    MemoryFileSystem files(at);
    OpenReport report;
    {
      Workload work(3);
      ASSERT_TRUE(open_store(files, report)->publish(work.next()));
    }
    OpenReport first_report;
    std::unique_ptr<Store> first;
    OpenReport second_report;
    Meanwhile meanwhile(files, at, [&] { first = open_store(files, first_report); });
    auto second = Store::open(files, crash_options(), second_report);
    if (!meanwhile.acted()) break;
    ASSERT_TRUE(first);
    ASSERT_TRUE(first_report.recovered);
    if (second) {
      ASSERT_NE(second.value()->owner_epoch(), first->owner_epoch());
      const bool second_is_newer = second.value()->owner_epoch() > first->owner_epoch();
      Store& loser = second_is_newer ? *first : *second.value();
      Store& winner = second_is_newer ? *second.value() : *first;
      const Result<Generation> lost = loser.publish(Workload(5).next());
      ASSERT_FALSE(lost);
      EXPECT_EQ(lost.error().code, ErrorCode::fenced);
      EXPECT_TRUE(winner.publish(Workload(5).next()));
    } else {
      ++refused;
      EXPECT_EQ(second.error().code, ErrorCode::fenced) << second.error().message;
      EXPECT_TRUE(first->publish(Workload(5).next()));
    }
  }
  EXPECT_GT(refused, 0U);
}

TEST(Fencing, an_owner_epoch_is_above_all_that_went_before_even_damaged_ones) {
  MemoryFileSystem files(1);
  OpenReport report;
  std::unique_ptr<Store> zombie;
  for (int i = 0; i < 4; ++i) zombie = open_store(files, report);
  Workload work(3);
  ASSERT_TRUE(zombie->publish(work.next()));
  ASSERT_TRUE(zombie->publish(work.next()));
  // The manifest that made the zombie the owner, and all others, become unreadable but one.
  auto content = files_of(files);
  files.disk(store_path).find(manifest_name(zombie->generation()))->content.at(9) ^= std::byte{1};
  OpenReport taken;
  const auto new_owner = open_store(files, taken);
  EXPECT_GT(new_owner->owner_epoch(), zombie->owner_epoch());
  const Result<Generation> refused = zombie->publish(work.next());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::fenced);
}

TEST(Fencing, a_lost_reply_to_the_link_is_no_rival) {
  // NFS repeats a link whose reply was lost and is told that the name is taken: by ourselves.
  MemoryFileSystem files(1);
  OpenReport report;
  Workload work(3);
  const auto store = open_store(files, report);
  ASSERT_TRUE(store->publish(work.next()));
  work.committed();
  const std::uint64_t before = files.faults().operations();
  ASSERT_TRUE(store->publish(work.next()));
  work.committed();
  const std::uint64_t operations = files.faults().operations() - before;
  for (std::uint64_t n = 1; n <= operations + 5; ++n) {
    files.faults().fail_operation(files.faults().operations() + n, {EEXIST, Effect::whole}, false);
    const core::GenerationDelta delta = work.next();
    Result<Generation> done = store->publish(delta);
    if (!done) done = store->publish(delta);
    ASSERT_TRUE(done) << "operation " << n << ": " << done.error().message;
    work.committed();
  }
  files.faults().clear();
  const auto again = open_store(files, report);
  EXPECT_EQ(difference(*report.recovered, work.snapshot()), "");
}

TEST(Fencing, a_store_that_was_removed_and_made_anew_is_not_the_old_owners) {
  // Both owners have epoch 1; what tells them apart is the nonce of the process.
  MemoryFileSystem files(1);
  OpenReport report;
  Workload work(3);
  const auto old_owner = open_store(files, report);
  ASSERT_TRUE(old_owner->publish(work.next()));
  work.committed();
  const auto folder = std::move(files.open_folder(store_path, Access::own)).value();
  const std::vector<std::string> names = folder->list().value();
  for (const std::string& name : names) ASSERT_TRUE(folder->unlink(name));
  Workload other(3);
  const auto new_owner = open_store(files, report);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(new_owner->publish(other.next()));
    other.committed();
  }
  const Result<Generation> refused = old_owner->publish(work.next());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::fenced);
}

/// The number of the operation that links a manifest, counted from its making.
class ManifestLink final : public FileObserver {
 public:
  explicit ManifestLink(MemoryFileSystem& files)
      : files_(files), before_(files.faults().operations()) {
    files_.set_observer(this);
  }
  ~ManifestLink() override { files_.set_observer(nullptr); }
  ManifestLink(const ManifestLink&) = delete;
  ManifestLink& operator=(const ManifestLink&) = delete;

  void changed(Operation operation, const std::string& /*folder*/, const std::string& /*name*/,
               const std::string& to) override {
    if (operation != Operation::link || !parse_manifest_name(to)) return;
    number_ = files_.faults().operations() - before_;
  }
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  MemoryFileSystem& files_;
  std::uint64_t before_;
  std::uint64_t number_ = 0;
};

TEST(Fencing, a_lost_reply_to_the_link_of_a_take_over_is_no_rival) {
  OpenReport report;
  MemoryFileSystem sound(1);
  const ManifestLink link(sound);
  ASSERT_NE(open_store(sound, report), nullptr);
  ASSERT_GT(link.number(), 0U);

  MemoryFileSystem files(1);
  files.faults().fail_operation(link.number(), {EEXIST, Effect::whole}, false);
  ASSERT_NE(open_store(files, report), nullptr);
  EXPECT_EQ(files.faults().counts().injected[static_cast<std::size_t>(Operation::link)], 1U);
}

TEST(LiveReader, sees_a_whole_generation_at_every_point_of_a_publication) {
  for (std::uint64_t at = 1; at < 200; ++at) {
    MemoryFileSystem files(at);
    OpenReport report;
    Workload work(6);
    const auto store = open_store(files, report);
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(store->publish(work.next()));
      work.committed();
    }
    const Snapshot before = work.snapshot();
    std::string wrong;
    const core::GenerationDelta delta = work.next();
    const Snapshot after = work.snapshot();
    Meanwhile meanwhile(files, at, [&] {
      const Result<Inspection> seen = inspect(files, store_path, &fast_codec());
      if (!seen) wrong = seen.error().message;
      if (seen && !seen.value().warnings.empty()) wrong = seen.value().warnings.front();
      const Result<Verification> verified = verify(files, store_path, &fast_codec());
      if (!verified) wrong = verified.error().message;
      if (verified && !verified.value().bad.empty()) wrong = verified.value().bad.front();
      if (!results_difference(files, store_path, before, &fast_codec()).empty() &&
          !results_difference(files, store_path, after, &fast_codec()).empty()) {
        wrong = "neither the old results nor the new ones";
      }
    });
    ASSERT_TRUE(store->publish(delta));
    if (!meanwhile.acted()) break;
    ASSERT_EQ(wrong, "") << "at " << at;
  }
}

TEST(LiveReader, sees_every_result_once_though_compaction_moves_them_while_it_reads) {
  MemoryFileSystem files(1);
  StoreOptions options = crash_options();
  options.inline_results_bytes_max = 1U << 20U;  // all ride in state segments at first
  options.compact_every = 6;
  OpenReport report;
  const auto store = std::move(Store::open(files, options, report)).value();
  Workload work(6);
  for (int i = 0; i < 6; ++i) {
    ASSERT_TRUE(store->publish(work.next()));
    work.committed();
  }
  const std::map<UnitKey, Bytes> before = work.snapshot().results;
  std::map<UnitKey, int> seen;
  bool published = false;
  ResultReading reading;
  reading.codec = &fast_codec();
  reading.batch_bytes_max = 1;  // each result is read from its file when it is wanted
  const Status read = for_each_result(
      files, store_path,
      [&](const UnitKey& key, ByteView) {
        ++seen[key];
        if (published) return;
        published = true;
        for (int i = 0; i < 20; ++i) {  // compacts and removes the segments being read
          ASSERT_TRUE(store->publish(work.next()));
          work.committed();
        }
      },
      reading);
  ASSERT_TRUE(read) << read.error().message;
  for (const auto& [key, bytes] : before) EXPECT_EQ(seen[key], 1) << to_string(key);
  for (const auto& [key, count] : seen) EXPECT_EQ(count, 1) << to_string(key);
}

}  // namespace
}  // namespace steadfarm::checkpoint::test
