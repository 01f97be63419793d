// What arrives from a peer that is broken or is no Steadfarm: sizes that do not fit together. Each
// rank talks to itself.
#include "transport/mpi/inbox.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "transport/mpi/mpi_tags.hpp"

namespace steadfarm::transport {
namespace {

class InboxTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(MPI_Comm_dup(MPI_COMM_SELF, &communicator_), MPI_SUCCESS); }
  void TearDown() override {
    for (MPI_Request& request : requests_) MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Comm_free(&communicator_);
  }

  void arrives(int tag, std::string_view text) {
    sent_.emplace_back(text);
    requests_.push_back(MPI_REQUEST_NULL);
    ASSERT_EQ(MPI_Isend(sent_.back().data(), static_cast<int>(text.size()), MPI_BYTE, 0, tag,
                        communicator_, &requests_.back()),
              MPI_SUCCESS);
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status;
    ASSERT_EQ(MPI_Mprobe(0, tag, communicator_, &message, &status), MPI_SUCCESS);
    inbox_.add(message, tag, text.size());
  }
  void announced(std::uint64_t size) {
    std::string header(sizeof size, ' ');
    std::memcpy(header.data(), &size, sizeof size);
    arrives(kTagHeader, header);
  }
  void part(std::string_view text) { arrives(kTagPart, text); }

  /// What is delivered until the line is empty.
  [[nodiscard]] std::vector<std::string> delivered() {
    std::vector<std::string> all;
    for (;;) {
      Bytes out;
      int code = MPI_SUCCESS;
      const Inbox::Step step = inbox_.next(budget_, out, code);
      if (step == Inbox::Step::failed) ADD_FAILURE() << "MPI says " << code;
      if (step == Inbox::Step::failed || step == Inbox::Step::idle) return all;
      if (step == Inbox::Step::refused) refused_.push_back(inbox_.refused_bytes());
      if (step != Inbox::Step::delivered) continue;
      std::string text(out.size(), ' ');
      if (!out.empty()) std::memcpy(text.data(), out.data(), out.size());
      all.push_back(text);
    }
  }
  using Texts = std::vector<std::string>;

  MPI_Comm communicator_ = MPI_COMM_NULL;
  std::deque<std::string> sent_;
  std::deque<MPI_Request> requests_;
  Inbox inbox_;
  std::vector<std::uint64_t> refused_;
  ReceiveBudget budget_{1U << 20U, 0, false, 1U << 20U};
};

TEST_F(InboxTest, puts_parts_together) {
  announced(10);
  part("012345");
  part("6789");
  arrives(kTagWhole, "whole");
  EXPECT_EQ(delivered(), (Texts{"0123456789", "whole"}));
}

TEST_F(InboxTest, a_part_larger_than_what_is_left_of_the_announced_is_not_kept) {
  announced(10);
  part("012345");
  part("67890123");
  EXPECT_EQ(delivered(), Texts());
  arrives(kTagWhole, "whole");
  EXPECT_EQ(delivered(), Texts{"whole"}) << "the half message is given up";
  part("6789");
  EXPECT_EQ(delivered(), Texts());
}

TEST_F(InboxTest, a_first_part_larger_than_announced_is_not_kept) {
  announced(4);
  part("012345");
  EXPECT_EQ(delivered(), Texts());
  part("0123");
  EXPECT_EQ(delivered(), Texts{"0123"});
}

TEST_F(InboxTest, a_part_that_nobody_announced_is_not_kept) {
  part("012345");
  arrives(kTagWhole, "whole");
  part("6789");
  EXPECT_EQ(delivered(), Texts{"whole"});
}

TEST_F(InboxTest, a_header_of_another_size_announces_nothing) {
  arrives(kTagHeader, "?");
  part("0");
  arrives(kTagHeader, "much too long");
  part("0");
  EXPECT_EQ(delivered(), Texts());
  // Neither the first bytes of a longer one count.
  std::string longer(2 * sizeof(std::uint64_t), '\0');
  const std::uint64_t size = 1;
  std::memcpy(longer.data(), &size, sizeof size);
  arrives(kTagHeader, longer);
  part("0");
  EXPECT_EQ(delivered(), Texts());
  EXPECT_EQ(refused_, std::vector<std::uint64_t>());
}

TEST_F(InboxTest, a_message_that_is_never_completed_gives_its_memory_back) {
  const std::string large(200'000, 'x');
  announced(2 * large.size());
  part(large);
  EXPECT_EQ(delivered(), Texts());
  EXPECT_EQ(budget_.used, 2 * large.size());
  arrives(kTagWhole, "whole");
  EXPECT_EQ(delivered(), Texts{"whole"});
  EXPECT_EQ(budget_.used, 0U);
}

TEST_F(InboxTest, an_announcement_above_the_limit_gets_no_memory) {
  for (const std::uint64_t size :
       {std::uint64_t{(1U << 20U) + 1}, std::uint64_t{1} << 40U, UINT64_MAX}) {
    refused_.clear();
    announced(size);
    part("012345");
    part("6789");
    EXPECT_EQ(delivered(), Texts());
    EXPECT_EQ(refused_, std::vector<std::uint64_t>{size});
    EXPECT_EQ(budget_.used, 0U);
  }
  announced(1U << 20U);
  part("the limit itself is let in");
  EXPECT_EQ(delivered(), Texts());
  EXPECT_EQ(refused_.size(), 1U);
  arrives(kTagWhole, "whole");
  EXPECT_EQ(delivered(), Texts{"whole"});
}

}  // namespace
}  // namespace steadfarm::transport
