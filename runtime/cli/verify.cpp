// steadfarm verify STORE: reads every file that counts and names each bad one.
#include <iostream>
#include <memory>
#include <string>

#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/store.hpp"
#include "cli/commands.hpp"

namespace steadfarm::cli {
namespace {

int verify(const std::string& store) {
  checkpoint::PosixFileSystem files;
  auto result = checkpoint::verify(files, store, nullptr, checkpoint::reading_threads());
  if (!result) return reading_failed(result.error());
  const checkpoint::Verification& v = result.value();
  for (const std::string& line : v.bad) std::cout << "bad: " << line << '\n';
  for (const std::string& line : v.unreadable) std::cout << "not read: " << line << '\n';
  const bool good = v.bad.empty() && v.unreadable.empty();
  std::cout << (good ? "good: " : "checked: ") << v.files_checked << " files, "
            << v.generations_checked << " generations";
  if (v.newest_good > Generation(0)) {
    std::cout << "; newest good generation " << v.newest_good.value;
  } else {
    std::cout << "; no good generation";
  }
  if (v.shards.orphans > 0) {
    std::cout << "; " << v.shards.orphans << " shards that no generation names, which do not count";
  }
  std::cout << '\n';
  if (!v.bad.empty()) return 65;
  return v.unreadable.empty() ? 0 : 74;
}

}  // namespace

void add_verify(CLI::App& app, int& exit_code) {
  auto store = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "verify",
      "Check every file of a store against its digest. Changes nothing. Exit 0; 65 if a file is\n"
      "bad; 74 if none is bad but some cannot be read now.");
  command->add_option("STORE", *store, "the folder given as --store")->required();
  command->callback([store, &exit_code] { exit_code = verify(*store); });
}

}  // namespace steadfarm::cli
