#include "supervisor/command.hpp"

#include <gtest/gtest.h>

namespace steadfarm::supervisor {
namespace {

using Words = std::vector<std::string>;

TEST(StoreInWords, finds_the_flag_in_both_forms) {
  EXPECT_EQ("a/b", store_in_words({"mpirun", "-n", "4", "uts", "--store", "a/b", "--json"}));
  EXPECT_EQ("a b", store_in_words({"uts", "--store=a b"}));
  EXPECT_EQ("", store_in_words({"uts", "--store="}));
}

TEST(StoreInWords, finds_the_variable_after_env_or_x) {
  EXPECT_EQ("s", store_in_words({"mpirun", "-x", "STEADFARM_STORE=s", "uts"}));
  EXPECT_EQ("s", store_in_words({"env", "STEADFARM_STORE=s", "uts"}));
}

TEST(StoreInWords, takes_the_last_and_a_flag_before_a_variable) {
  EXPECT_EQ("b", store_in_words({"uts", "--store", "a", "--store", "b"}));
  EXPECT_EQ("a", store_in_words({"env", "uts", "--store", "a", "STEADFARM_STORE=s"}));
}

TEST(StoreInWords, finds_nothing_where_there_is_nothing) {
  EXPECT_EQ(std::nullopt, store_in_words({}));
  EXPECT_EQ(std::nullopt, store_in_words({"uts", "--store"}));
  EXPECT_EQ(std::nullopt, store_in_words({"uts", "--stores", "x", "-store=y", "a--store=z"}));
}

TEST(ShellLine, quotes_what_a_shell_would_take_apart) {
  EXPECT_EQ("mpirun -n 4 ./uts --store=a/b",
            shell_line({"mpirun", "-n", "4", "./uts", "--store=a/b"}));
  EXPECT_EQ("echo '' 'a b' '$HOME' 'it'\\''s'", shell_line({"echo", "", "a b", "$HOME", "it's"}));
  EXPECT_EQ("''", shell_line(Words{""}));
}

TEST(ShellLine, stays_one_line) {
  EXPECT_EQ("echo 'a b c'", shell_line({"echo",
                                        "a\nb\x1b"
                                        "c"}));
}

}  // namespace
}  // namespace steadfarm::supervisor
