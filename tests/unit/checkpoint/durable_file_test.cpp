#include "checkpoint/durable_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/checkpoint/workload.hpp"

namespace steadfarm::checkpoint {
namespace {

using test::bytes_of;
using test::store_path;

class Durable : public testing::Test {
 protected:
  Durable() : files_(3), folder_(std::move(files_.open_folder(store_path, Access::own)).value()) {}
  MemoryFileSystem files_;
  std::unique_ptr<Folder> folder_;
};

TEST_F(Durable, a_file_is_synced_and_read_only_before_it_is_named) {
  DurableFiles durable(*folder_, OwnerEpoch(1), 5);
  const Result<DurableFiles::Written> written = durable.write(bytes_of("text"));
  ASSERT_TRUE(written);
  const std::string& temp = written.value().temp;
  EXPECT_EQ(written.value().digest, digest(std::string_view("text")));
  EXPECT_TRUE(files_.disk(store_path).find(temp)->durable());
  EXPECT_TRUE(files_.disk(store_path).find(temp)->read_only);
  ASSERT_TRUE(durable.give_name(temp, "final"));
  EXPECT_EQ(folder_->list().value(), std::vector<std::string>{"final"});
}

TEST_F(Durable, a_failed_file_goes_and_its_name_is_never_used_again) {
  DurableFiles durable(*folder_, OwnerEpoch(1), 5);
  const std::string first = durable.write(bytes_of("a")).value().temp;
  for (std::uint64_t n = 1; n <= 6; ++n) {  // create, write, sync, read-only, close, read back
    files_.faults().fail_operation(files_.faults().operations() + n, {EIO, Effect::none}, false);
    ASSERT_FALSE(durable.write(bytes_of("b"))) << n;
    EXPECT_EQ(folder_->list().value(), std::vector<std::string>{first}) << n;
  }
  const std::string next = durable.write(bytes_of("c")).value().temp;
  EXPECT_EQ(parse_temp_name(next)->sequence, parse_temp_name(first)->sequence + 7);
}

TEST_F(Durable, a_probe_leaves_nothing_and_uses_names_of_its_own) {
  ASSERT_TRUE(folder_->make_folder("sub"));
  for (const char* subfolder : {"", "sub/"}) {
    DurableFiles durable(*folder_, OwnerEpoch(1), 5, subfolder);
    const Result<std::vector<std::string>> probed = durable.probe();
    ASSERT_TRUE(probed) << probed.error().message;
    EXPECT_TRUE(probed.value().empty());
    EXPECT_EQ(folder_->list().value(), std::vector<std::string>{"sub"});
    EXPECT_TRUE(folder_->list("sub").value().empty());
    // A name that is used once is never used again.
    EXPECT_EQ(durable.write(bytes_of("a")).value().temp,
              std::string(subfolder) + temp_name({OwnerEpoch(1), 5, 3}));
    files_.disk(store_path).remove(std::string(subfolder) + temp_name({OwnerEpoch(1), 5, 3}));
  }
}

TEST_F(Durable, a_probe_that_fails_says_so_and_leaves_nothing) {
  for (std::uint64_t n = 1; n <= 5; ++n) {  // create, read-only, close, link, sync of the folder
    DurableFiles durable(*folder_, OwnerEpoch(1), 5);
    files_.faults().fail_operation(files_.faults().operations() + n, {EIO, Effect::none}, false);
    const Result<std::vector<std::string>> probed = durable.probe();
    ASSERT_FALSE(probed) << n;
    EXPECT_EQ(probed.error().code, ErrorCode::io) << n;
    EXPECT_TRUE(folder_->list().value().empty()) << n;
  }
}

TEST_F(Durable, a_disk_that_gives_back_other_bytes_is_found_out) {
  class Flip final : public FileObserver {
   public:
    explicit Flip(MemoryFileSystem& files) : files_(files) { files.set_observer(this); }
    void changed(Operation operation, const std::string& folder, const std::string& name,
                 const std::string& /*to*/) override {
      if (operation == Operation::sync) files_.disk(folder).find(name)->content[1] ^= std::byte{1};
    }

   private:
    MemoryFileSystem& files_;
  };
  Flip flip(files_);
  DurableFiles durable(*folder_, OwnerEpoch(1), 5);
  const Result<DurableFiles::Written> refused = durable.write(bytes_of("text"));
  files_.set_observer(nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::io);
  EXPECT_NE(refused.error().message.find("reads back"), std::string::npos);
}

TEST_F(Durable, an_image_is_written_in_file_order_with_zeros_between_its_pieces) {
  // Smaller and larger than the buffer, borrowed and owned, given in any order.
  const Bytes large(std::size_t{3} << 20U, std::byte{7});
  const Bytes small(1000, std::byte{5});
  FileImage image;
  image.own(9'000'000, Bytes(10, std::byte{1}));
  image.borrow(2'000'000, large);
  image.borrow(10, small);
  ASSERT_TRUE(image.seal(10'000'000));
  DurableFiles durable(*folder_, OwnerEpoch(1), 5);
  const Result<DurableFiles::Written> written = durable.write(image);
  ASSERT_TRUE(written);
  const Bytes back = folder_->read_all(written.value().temp, 10'000'000).value();
  EXPECT_TRUE(back == image.flatten());
  EXPECT_EQ(written.value().digest, digest(ByteView(back)));
}

TEST_F(Durable, pieces_that_overlap_are_refused) {
  FileImage image;
  image.own(0, Bytes(10));
  image.own(9, Bytes(10));
  EXPECT_FALSE(image.seal(100));
  FileImage outside;
  outside.own(5, Bytes(10));
  EXPECT_FALSE(outside.seal(14));
}

TEST_F(Durable, a_taken_name_is_left_alone) {
  DurableFiles durable(*folder_, OwnerEpoch(1), 5);
  ASSERT_TRUE(durable.give_name(durable.write(bytes_of("first")).value().temp, "final"));
  const Status refused = durable.give_name(durable.write(bytes_of("second")).value().temp, "final");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::exists);
  EXPECT_EQ(folder_->read_all("final", 100).value(), bytes_of("first"));
  EXPECT_EQ(folder_->list().value().size(), 1U);
}

}  // namespace
}  // namespace steadfarm::checkpoint
