#include "examples/ising/parameters.hpp"

#include <gtest/gtest.h>

namespace steadfarm::ising {
namespace {

std::string error_of(const std::string& text) {
  const auto rows = parse_rows(text, "in.csv");
  return rows ? "" : rows.error().message;
}

TEST(ParseRows, takes_columns_in_any_order_with_comments_and_blanks) {
  const auto rows = parse_rows(
      "# a sweep\n\ntemperature, size ,sweeps,warm_up\r\n 2.5 ,16, 128,0\n#\n1e0,4,64,7", "in.csv");
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows.value(), (std::vector<Row>{{16, 2.5, 0, 128}, {4, 1.0, 7, 64}}));
}

TEST(ParseRows, names_file_line_and_field) {
  const std::string head = "size,temperature,warm_up,sweeps\n";
  EXPECT_EQ(
      error_of(head + "8,2,0,64\n8,warm,0,64\n"),
      "in.csv, line 3, field temperature: \"warm\" is not a number from 0.1 to 1000 (in units "
      "of J / k)");
  EXPECT_EQ(error_of(head + "7,2,0,64\n"),
            "in.csv, line 2, field size: \"7\" is not an even number from 4 to 512");
  EXPECT_EQ(error_of(head + "8,2,-1,64\n"),
            "in.csv, line 2, field warm_up: \"-1\" is not a whole number up to 4294967296");
  EXPECT_EQ(error_of(head + "8,2,0,100\n"),
            "in.csv, line 2, field sweeps: \"100\" is not a multiple of 64 up to 4294967296");
  EXPECT_EQ(error_of(head + "8,2,0\n"),
            "in.csv, line 2: 3 fields, but the first line names 4 columns");
  EXPECT_EQ(
      error_of("size,heat,warm_up,sweeps\n"),
      "in.csv, line 1: there is no column \"heat\"; take size, temperature, warm_up and sweeps");
  EXPECT_EQ(error_of("size,size,warm_up,sweeps\n"),
            "in.csv, line 1: the column size is there twice");
  EXPECT_EQ(error_of("size,warm_up,sweeps\n"), "in.csv, line 1: the column temperature is missing");
}

TEST(ParseRows, refuses_what_holds_no_rows_or_no_numbers) {
  EXPECT_NE(error_of(""), "");
  EXPECT_NE(error_of("size,temperature,warm_up,sweeps\n"), "");
  const std::string head = "size,temperature,warm_up,sweeps\n";
  for (const char* bad : {"8,nan,0,64", "8,inf,0,64", "8,0,0,64", "8,2,0,", "8,2,,64", "8 8,2,0,64",
                          "4294967304,2,0,64", "8,2,0,18446744073709551616", "8,2,0,64,", ","}) {
    EXPECT_NE(error_of(head + bad), "") << bad;
  }
  EXPECT_EQ(error_of(head + "\x1b[2J,2,0,64").find('\x1b'), std::string::npos);
}

TEST(ReadRows, says_which_file_cannot_be_read) {
  const auto rows = read_rows("/no/such/file.csv");
  ASSERT_FALSE(rows);
  EXPECT_NE(rows.error().message.find("/no/such/file.csv"), std::string::npos);
}

}  // namespace
}  // namespace steadfarm::ising
