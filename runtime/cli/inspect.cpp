// steadfarm inspect STORE [--json] [--quick]: what a store holds.
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

using checkpoint::Glance;
using checkpoint::ShardCount;

/// `shards` is null after a quick look, which reads no contents.
void print_json(const Glance& found, const ShardCount* shards) {
  nlohmann::ordered_json out = {{"complete", found.complete},
                                {"generation", found.generation.value},
                                {"owner_epoch", found.owner_epoch.value},
                                {"accepted", found.accepted},
                                {"committed", found.committed},
                                {"pending", found.pending},
                                {"failed", found.failed},
                                {"description", found.description},
                                {"format", found.job ? 2 : 1},
                                {"verified", shards != nullptr},
                                {"bad_files", found.put_away.bad.files},
                                {"bad_bytes", found.put_away.bad.bytes},
                                {"discarded_files", found.put_away.discarded.files},
                                {"discarded_bytes", found.put_away.discarded.bytes}};
  if (found.job) {
    out["identity"] = found.job->identity;
    out["program"] = found.job->program;
    out["build"] = found.job->build;
  }
  if (shards != nullptr) {
    out["shards"] = shards->named;
    out["shard_bytes"] = shards->named_bytes;
    out["orphans"] = shards->orphans;
  }
  out["segments"] = nlohmann::ordered_json::array();
  for (const checkpoint::SegmentInfo& segment : found.segments) {
    out["segments"].push_back(
        {{"file", segment.file}, {"bytes", segment.bytes}, {"digest", to_hex(segment.digest)}});
  }
  std::cout << out.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) << '\n';
}

void print_put_away(const char* folder, const checkpoint::PutAwayCount& held) {
  if (held.files == 0) return;
  std::cout << folder << held.files << " files with " << held.bytes
            << " bytes, which steadfarm clean removes\n";
}

void print_text(const std::string& store, const Glance& found, const ShardCount* shards) {
  std::cout << "store        " << store << '\n' << "job          " << found.description << '\n';
  if (found.job) {
    std::cout << "program      " << checkpoint::one_line(found.job->program) << ", build "
              << checkpoint::one_line(found.job->build) << '\n';
  }
  std::cout << "state        " << (found.complete ? "complete" : "not complete") << '\n'
            << "generation   " << found.generation.value << " (owner epoch "
            << found.owner_epoch.value << ")\n"
            << "contents     "
            << (shards != nullptr ? "verified: every file has its digest\n"
                                  : "not read (--quick): files are there with their sizes\n")
            << "accepted     " << found.accepted << '\n'
            << "committed    " << found.committed << '\n'
            << "pending      " << found.pending << '\n'
            << "failed       " << found.failed << '\n'
            << "segments     " << found.segments.size() << '\n';
  for (const checkpoint::SegmentInfo& segment : found.segments) {
    std::cout << "  " << segment.file << "  " << segment.bytes << " bytes  "
              << to_hex(segment.digest) << '\n';
  }
  print_put_away("bad          ", found.put_away.bad);
  print_put_away("discarded    ", found.put_away.discarded);
  if (shards == nullptr || (shards->named == 0 && shards->orphans == 0)) return;
  std::cout << "shards       " << shards->named << " with " << shards->named_bytes
            << " bytes of large results\n"
            << "orphans      " << shards->orphans << " shards that this generation does not name\n";
}

int say(const std::string& store, bool json, const Glance& found, const ShardCount* shards) {
  for (const std::string& warning : found.warnings) {
    std::cerr << "steadfarm: warning: " << warning << '\n';
  }
  if (json) {
    print_json(found, shards);
  } else {
    print_text(store, found, shards);
  }
  return 0;
}

int inspect(const std::string& store, bool json, bool quick) {
  checkpoint::PosixFileSystem files;
  if (quick) {
    const auto found = checkpoint::glance(files, store);
    return found ? say(store, json, found.value(), nullptr) : reading_failed(found.error());
  }
  const auto found = checkpoint::inspect(files, store, nullptr, checkpoint::reading_threads());
  return found ? say(store, json, found.value(), &found.value().shards)
               : reading_failed(found.error());
}

}  // namespace

void add_inspect(CLI::App& app, int& exit_code) {
  struct Arguments {
    std::string store;
    bool json = false;
    bool quick = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "inspect",
      "Show what the newest generation of a store holds that verifies in full; warnings say which\n"
      "newer ones do not, and why. Changes nothing; safe while a run is live. Exit 0; 65 if no\n"
      "generation verifies; 74 if the store cannot be read now.");
  command->add_option("STORE", arguments->store, "the folder given as --store")->required();
  command->add_flag("--json", arguments->json, "one JSON object instead of text");
  command->add_flag("--quick", arguments->quick,
                    "do not read the files: only the manifest, and whether they have their sizes");
  command->callback([arguments, &exit_code] {
    exit_code = inspect(arguments->store, arguments->json, arguments->quick);
  });
}

}  // namespace steadfarm::cli
