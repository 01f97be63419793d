// Every *.txt in this folder is a test: the commands are run, and every action that comes out is
// compared with the text. STEADFARM_REWRITE=1 writes what came out into the files instead; read the
// difference before you commit it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "runner/machine_script.hpp"

namespace steadfarm::scenario {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(STEADFARM_SOURCE_DIR "/tests/scenarios")) {
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Scenario : public testing::TestWithParam<std::string> {};

TEST_P(Scenario, does_what_its_trace_says) {
  const fs::path path = fs::path(STEADFARM_SOURCE_DIR "/tests/scenarios") / (GetParam() + ".txt");
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  const std::vector<Block> blocks = parse_blocks(text.str());
  const std::vector<Lines> actual = run_blocks(blocks);
  const std::string as_run = write_blocks(blocks, actual);
  if (std::getenv("STEADFARM_REWRITE") != nullptr) {
    std::ofstream(path) << as_run;
    return;
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(blocks[i].expected, actual[i]) << path << ", after: " << blocks[i].commands.back();
  }
  EXPECT_EQ(text.str(), as_run) << "the file is not as the runner would write it";
}

INSTANTIATE_TEST_SUITE_P(All, Scenario, testing::ValuesIn(scenario_names()),
                         [](const auto& named) { return named.param; });

TEST(Scenarios, are_all_found) { EXPECT_GE(scenario_names().size(), 40U); }

}  // namespace
}  // namespace steadfarm::scenario
