#include "machine_script.hpp"

namespace steadfarm::scenario {

std::vector<Lines> run_blocks(const std::vector<Block>& blocks) {
  if (blocks.empty()) bad_script("no commands");
  const bool is_worker = blocks.front().commands.front().starts_with("worker");
  const auto script = is_worker ? make_worker_script() : make_master_script();
  std::vector<Lines> out;
  TimeUs now = 0;
  for (const Block& block : blocks) {
    Lines& lines = out.emplace_back();
    for (const std::string& line : block.commands) {
      const Command command = parse_command(line, now);
      script->run(command, now, lines);
    }
    if (lines.empty()) lines.emplace_back("(nothing)");
  }
  return out;
}

}  // namespace steadfarm::scenario
