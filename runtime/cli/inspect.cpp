// steadfarm inspect STORE [--json]: what a store holds.
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "checkpoint/manifest.hpp"
#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/store.hpp"
#include "cli/commands.hpp"

namespace steadfarm::cli {
namespace {

using checkpoint::Inspection;

void print_json(const Inspection& found) {
  nlohmann::ordered_json out = {{"complete", found.complete},
                                {"generation", found.generation.value},
                                {"owner_epoch", found.owner_epoch.value},
                                {"accepted", found.accepted},
                                {"committed", found.committed},
                                {"pending", found.pending},
                                {"failed", found.failed},
                                {"description", found.description},
                                {"format", found.job ? 2 : 1},
                                {"shards", found.shards.named},
                                {"shard_bytes", found.shards.named_bytes},
                                {"orphans", found.shards.orphans},
                                {"segments", nlohmann::ordered_json::array()}};
  if (found.job) {
    out["identity"] = found.job->identity;
    out["program"] = found.job->program;
    out["build"] = found.job->build;
  }
  for (const checkpoint::SegmentInfo& segment : found.segments) {
    out["segments"].push_back(
        {{"file", segment.file}, {"bytes", segment.bytes}, {"digest", to_hex(segment.digest)}});
  }
  std::cout << out.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_text(const std::string& store, const Inspection& found) {
  std::cout << "store        " << store << '\n' << "job          " << found.description << '\n';
  if (found.job) {
    std::cout << "program      " << checkpoint::one_line(found.job->program) << ", build "
              << checkpoint::one_line(found.job->build) << '\n';
  }
  std::cout << "state        " << (found.complete ? "complete" : "not complete") << '\n'
            << "generation   " << found.generation.value << " (owner epoch "
            << found.owner_epoch.value << ")\n"
            << "accepted     " << found.accepted << '\n'
            << "committed    " << found.committed << '\n'
            << "pending      " << found.pending << '\n'
            << "failed       " << found.failed << '\n'
            << "segments     " << found.segments.size() << '\n';
  for (const checkpoint::SegmentInfo& segment : found.segments) {
    std::cout << "  " << segment.file << "  " << segment.bytes << " bytes  "
              << to_hex(segment.digest) << '\n';
  }
  if (found.shards.named == 0 && found.shards.orphans == 0) return;
  std::cout << "shards       " << found.shards.named << " with " << found.shards.named_bytes
            << " bytes of large results\n"
            << "orphans      " << found.shards.orphans
            << " shards that this generation does not name\n";
}

int inspect(const std::string& store, bool json) {
  checkpoint::PosixFileSystem files;
  auto found = checkpoint::inspect(files, store);
  if (!found) {
    say_error(found.error().message);
    return 65;
  }
  for (const std::string& warning : found.value().warnings) {
    std::cerr << "steadfarm: warning: " << warning << '\n';
  }
  if (json) {
    print_json(found.value());
  } else {
    print_text(store, found.value());
  }
  return 0;
}

}  // namespace

void add_inspect(CLI::App& app, int& exit_code) {
  struct Arguments {
    std::string store;
    bool json = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("inspect", "Show what a store holds. Changes nothing.");
  command->add_option("STORE", arguments->store, "the folder given as --store")->required();
  command->add_flag("--json", arguments->json, "one JSON object instead of text");
  command->callback(
      [arguments, &exit_code] { exit_code = inspect(arguments->store, arguments->json); });
}

}  // namespace steadfarm::cli
