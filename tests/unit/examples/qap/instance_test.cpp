#include "examples/qap/instance.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>

#include "tests/unit/examples/qap/support.hpp"

namespace steadfarm::qap {
namespace {

void expect_refused(const std::string& text, const std::string& place, const std::string& words) {
  const Result<Instance> got = parse_instance(text, "x.dat");
  ASSERT_FALSE(got.ok()) << text;
  EXPECT_EQ(got.error().code, ErrorCode::invalid);
  const std::string& message = got.error().message;
  EXPECT_EQ(message.substr(0, place.size()), place) << message;
  EXPECT_NE(message.find(words), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

TEST(Instance, reads_numbers_whatever_the_line_breaks) {
  const Result<Instance> got = parse_instance("2\n\n1 2 3\r\n4\t5\n6 7 8", "x.dat");
  ASSERT_TRUE(got.ok()) << got.error().message;
  const Instance& instance = got.value();
  EXPECT_EQ(instance.n, 2U);
  EXPECT_EQ(instance.a.at(0, 1), 2U);
  EXPECT_EQ(instance.a.at(1, 0), 3U);
  EXPECT_EQ(instance.b.at(0, 0), 5U);
  EXPECT_EQ(instance.b.at(1, 0), 7U);
}

TEST(Instance, cost_takes_diagonals_and_both_directions) {
  const Instance instance = parse_instance("2  1 2 3 4  5 6 7 8", "x.dat").value();
  EXPECT_EQ(cost(instance, Permutation{0, 1}), 1 * 5 + 2 * 6 + 3 * 7 + 4 * 8);
  EXPECT_EQ(cost(instance, Permutation{1, 0}), 1 * 8 + 2 * 7 + 3 * 6 + 4 * 5);
}

TEST(Instance, names_where_a_file_is_cut_off) {
  expect_refused("", "x.dat, line 1, field 1", "ends where the size n should be");
  expect_refused("2\n1 2\n3", "x.dat, line 3, field 5",
                 "ends where matrix A, row 2, column 2 should be");
  expect_refused("1 1", "x.dat, line 1, field 3", "ends where matrix B, row 1, column 1");
}

TEST(Instance, names_what_is_no_number) {
  expect_refused("2\n1 2\n3 four", "x.dat, line 3, field 5", "\"four\" is not a whole number");
  expect_refused("1 1.5 2", "x.dat, line 1, field 2", "\"1.5\" is not a whole number");
  expect_refused("1 1e3 2", "x.dat, line 1, field 2", "\"1e3\" is not a whole number");
  expect_refused("1 +1 2", "x.dat, line 1, field 2", "\"+1\" is not a whole number");
  expect_refused(std::string("1 \x1b[2J\0 2", 9), "x.dat, line 1, field 2", "\"?[2J?\" is not");
  expect_refused(std::string(500, 'z'), "x.dat, line 1, field 1", "\"zzzzzzzzzzzzzzzzzzzz...\"");
}

TEST(Instance, refuses_numbers_out_of_range) {
  expect_refused("0", "x.dat, line 1, field 1", "the size n is \"0\"; it must be from 1 to 64");
  expect_refused("-3", "x.dat, line 1, field 1", "it must be from 1 to 64");
  expect_refused("65 1", "x.dat, line 1, field 1", "it must be from 1 to 64");
  expect_refused("1000000000000", "x.dat, line 1, field 1", "it must be from 1 to 64");
  expect_refused("1\n-1 2", "x.dat, line 2, field 2", "matrix A, row 1, column 1 is \"-1\"");
  expect_refused("1 2147483648 1", "x.dat, line 1, field 2", "must be from 0 to 2147483647");
  expect_refused("1 1 99999999999999999999", "x.dat, line 1, field 3", "must be from 0 to");
}

TEST(Instance, refuses_what_follows) {
  expect_refused("1 2 3\n\n4", "x.dat, line 3, field 4", "\"4\" after the two matrices");
}

TEST(Instance, refuses_costs_that_could_overflow) {
  expect_refused("1 2147483647 2147483647", "x.dat: the entries are so large", "2^60");
  EXPECT_TRUE(parse_instance("1 2147483647 1", "x.dat").ok());
}

TEST(Instance, tells_a_missing_file_from_one_that_cannot_be_read) {
  const Result<Instance> missing = read_instance("/nonexistent/nug12.dat");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_NE(missing.error().message.find("/nonexistent/nug12.dat"), std::string::npos);
  const Result<Instance> folder = read_instance("/");
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().code, ErrorCode::io);
}

TEST(Instance, does_not_read_a_huge_file_to_its_end) {
  const std::string path = testing::TempDir() + "steadfarm_qap_huge.dat";
  std::ofstream(path) << std::string(kFileBytesMax + 1, ' ');
  const Result<Instance> got = read_instance(path);
  EXPECT_EQ(std::remove(path.c_str()), 0);
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code, ErrorCode::invalid);
  EXPECT_NE(got.error().message.find("more than 1048576 bytes"), std::string::npos);
}

class Published : public testing::TestWithParam<std::pair<const char*, Cost>> {};

TEST_P(Published, solution_has_the_published_value) {
  const auto [name, value] = GetParam();
  const Result<Instance> instance = read_instance(data_path(std::string(name) + ".dat"));
  ASSERT_TRUE(instance.ok()) << instance.error().message;
  const Result<Solution> solution =
      read_solution(data_path(std::string(name) + ".sln"), instance.value());
  ASSERT_TRUE(solution.ok()) << solution.error().message;
  EXPECT_EQ(solution.value().value, value);
  EXPECT_EQ(cost(instance.value(), solution.value().permutation), value);
}

INSTANTIATE_TEST_SUITE_P(Qaplib, Published,
                         testing::Values(std::pair("nug12", 578), std::pair("had12", 1652),
                                         std::pair("scr12", 31410), std::pair("rou12", 235528),
                                         std::pair("tai12a", 224416), std::pair("chr12a", 9552),
                                         std::pair("esc16a", 68), std::pair("nug14", 1014)),
                         [](const auto& file) { return std::string(file.param.first); });

TEST(Solution, turns_an_inverse_permutation_round) {
  Prng random(3);
  const Instance instance = random_instance(random, 6, 50);
  const Permutation p{1, 2, 3, 4, 5, 0};
  const std::string value = std::to_string(cost(instance, p));
  const Result<Solution> got = parse_solution("6 " + value + " 6 1 2 3 4 5", "x.sln", instance);
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got.value().permutation, p);
}

TEST(Solution, refuses_what_cannot_be) {
  const Instance instance = parse_instance("2  1 2 3 4  5 6 7 8", "x.dat").value();
  const auto message = [&instance](const char* text) {
    const Result<Solution> got = parse_solution(text, "x.sln", instance);
    return got.ok() ? std::string("accepted") : got.error().message;
  };
  EXPECT_EQ(message("2 70 1 2"), "accepted");
  EXPECT_NE(message("3 70 1 2 3").find("x.sln, line 1, field 1: the size n"), std::string::npos);
  EXPECT_NE(message("2 70 1 1").find("field 4: 1 occurs twice"), std::string::npos);
  EXPECT_NE(message("2 70 1 3").find("field 4: place 2 of the permutation"), std::string::npos);
  EXPECT_NE(message("2 70 1").find("ends where place 2"), std::string::npos);
  EXPECT_NE(message("2 70 1 2 3").find("after the permutation"), std::string::npos);
  EXPECT_NE(message("2 71 1 2").find("neither the permutation nor its inverse costs 71"),
            std::string::npos);
}

}  // namespace
}  // namespace steadfarm::qap
