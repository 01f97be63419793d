// The worked example of runtime/wire/FORMAT.md: if these bytes change, kVersion must rise and the
// document must follow.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "samples.hpp"
#include "wire/messages.hpp"

namespace steadfarm::wire {
namespace {

std::string hex(const Bytes& bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const std::byte b : bytes) {
    if (!out.empty()) out += ' ';
    out += digits[std::to_integer<unsigned>(b) >> 4U];
    out += digits[std::to_integer<unsigned>(b) & 15U];
  }
  return out;
}

// The hexadecimal bytes between the first pair of ```bytes fences; what follows # is comment.
std::string documented(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::string out;
  bool inside = false;
  while (std::getline(file, line)) {
    if (line == "```bytes") {
      inside = true;
    } else if (line == "```" && inside) {
      return out;
    } else if (inside) {
      std::istringstream words(line.substr(0, line.find('#')));
      for (std::string word; words >> word;) out += (out.empty() ? "" : " ") + word;
    }
  }
  return out;
}

TEST(Format, the_worked_example_of_the_document_is_what_the_encoder_writes) {
  Assign assign;
  assign.assign_seq = 1;
  assign.units.add(child_key(UnitKey::index(0), 0), Attempt(1), test::view("hi"));
  assign.units.add_saved(3, test::view("abc"));
  assign.units.add_run(5, 3, Attempt(2));
  const Bytes bytes = encode(JobId(0x1122334455667788ULL), {Session(2), assign});
  EXPECT_EQ(hex(bytes), documented(STEADFARM_SOURCE_DIR "/runtime/wire/FORMAT.md"));
}

TEST(Format, the_number_of_each_message_is_fixed) {
  const std::vector<Message> all = test::samples();
  for (std::size_t i = 0; i < std::variant_size_v<Body>; ++i) {
    EXPECT_EQ(encode(JobId(1), all[i])[3], static_cast<std::byte>(i));
  }
}

TEST(Format, the_header_has_twenty_bytes) {
  EXPECT_EQ(encode(JobId(1), {Session(1), Stop{}}).size(), kHeaderBytes);
}

}  // namespace
}  // namespace steadfarm::wire
