// steadfarm restore STORE: puts back what was set aside and verifies.
#include <iostream>
#include <memory>
#include <string>

#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/put_away.hpp"
#include "cli/commands.hpp"

namespace steadfarm::cli {
namespace {

int restore(const std::string& store) {
  checkpoint::PosixFileSystem files;
  const auto done = checkpoint::restore(files, store, nullptr, checkpoint::reading_threads());
  if (!done) return reading_failed(done.error());
  for (const std::string& name : done.value().back) std::cout << "back: " << name << '\n';
  for (const std::string& line : done.value().left) std::cout << "stays: " << line << '\n';
  std::cout << done.value().back.size() << " files put back, " << done.value().left.size()
            << " stay in the folder bad; ";
  if (done.value().newest_good == Generation()) {
    std::cout << "no good generation\n";
    return 65;
  }
  std::cout << "newest good generation " << done.value().newest_good.value << '\n';
  return 0;
}

}  // namespace

void add_restore(CLI::App& app, int& exit_code) {
  auto store = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "restore",
      "Put back the files in the store's folder 'bad' that verify. Replaces nothing. Exit 0, or 65 "
      "if no generation verifies afterwards.");
  command->add_option("STORE", *store, "the folder given as --store")->required();
  command->callback([store, &exit_code] { exit_code = restore(*store); });
}

}  // namespace steadfarm::cli
