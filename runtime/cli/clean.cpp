// steadfarm clean STORE: removes what was put away, on request.
#include <iostream>
#include <memory>
#include <string>

#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/put_away.hpp"
#include "cli/commands.hpp"

namespace steadfarm::cli {
namespace {

void print(const char* folder, const checkpoint::PutAwayCount& held) {
  std::cout << folder << ": " << held.files << " files with " << held.bytes << " bytes removed\n";
}

int clean(const std::string& store, bool force) {
  checkpoint::PosixFileSystem files;
  const auto held = checkpoint::clean(files, store, force, nullptr, checkpoint::reading_threads());
  if (!held) return reading_failed(held.error());
  print("bad", held.value().bad);
  print("discarded", held.value().discarded);
  return 0;
}

}  // namespace

void add_clean(CLI::App& app, int& exit_code) {
  struct Arguments {
    std::string store;
    bool force = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "clean",
      "Remove what was put away in the store's folders 'bad' and 'discarded', and say how much it "
      "was. 'steadfarm inspect' shows it before.");
  command->add_option("STORE", arguments->store, "the folder given as --store")->required();
  command->add_flag("--force", arguments->force, "also if no generation of the store verifies");
  command->callback(
      [arguments, &exit_code] { exit_code = clean(arguments->store, arguments->force); });
}

}  // namespace steadfarm::cli
