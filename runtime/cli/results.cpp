// steadfarm results STORE [--csv | --json | --canonical]: every committed result, by unit key.
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "checkpoint/posix_file_system.hpp"
#include "checkpoint/result_fields.hpp"
#include "checkpoint/store.hpp"
#include "cli/commands.hpp"
#include "cli/result_text.hpp"

namespace steadfarm::cli {
namespace {

using checkpoint::ResultsInfo;

/// What a reader should know and a script should not have to read past.
void say_about(const ResultsInfo& info) {
  for (const std::string& warning : info.warnings) {
    std::cerr << "steadfarm: warning: " << warning << '\n';
  }
  if (info.count == 0 && info.accepted > 0) {
    std::cerr << "steadfarm: warning: " << info.accepted
              << " units are done, but the program keeps no results in the store; see "
                 "Farm::store_results\n";
  } else if (!info.complete) {
    std::cerr << "steadfarm: warning: the job is not complete; these are the results of generation "
              << info.generation.value << '\n';
  }
}

int results(const std::string& store, ResultStyle style) {
  checkpoint::PosixFileSystem files;
  std::optional<ResultText> text;
  Bytes fold_state;
  bool passed_over = false;  // a newer generation that is damaged
  checkpoint::ResultReading reading;
  reading.threads = checkpoint::reading_threads();
  reading.with_fold = style == ResultStyle::canonical;
  reading.begin = [&](const ResultsInfo& info) {
    say_about(info);
    passed_over = !info.warnings.empty();
    // A text of a later version is no reason to keep the bytes back.
    auto fields = checkpoint::parse_result_fields(info.fields);
    text.emplace(style, fields ? std::move(fields).value() : checkpoint::ResultFields(), info.last);
    fold_state = info.fold_state;
    if (info.count > 0) std::cout << text->head();
  };
  const Status read = checkpoint::for_each_result(
      files, store,
      [&](const UnitKey& key, ByteView result) {
        // Into a closed pipe or a full disk nothing more needs to be read.
        if (std::cout) std::cout << text->line(key, result);
      },
      reading);
  if (!read) {
    std::cout.flush();
    return reading_failed(read.error());
  }
  if (style == ResultStyle::canonical) std::cout << "fold " << to_hex(fold_state) << '\n';
  if (!passed_over) return 0;
  say_error("these are not the newest results: what is newer is damaged; see steadfarm verify " +
            store);
  return 65;
}

}  // namespace

void add_results(CLI::App& app, int& exit_code) {
  struct Arguments {
    std::string store;
    bool csv = false;
    bool json = false;
    bool canonical = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand(
      "results",
      "Print every committed result by unit key: the submitted units first, then the spawned\n"
      "ones. A table if nothing else is asked for. All files are compared with their digests\n"
      "before the first result is printed; if the newest generation is damaged, the results are\n"
      "those of the newest that is good, with a warning. Changes nothing; safe while a run is "
      "live.");
  command->add_option("STORE", arguments->store, "the folder given as --store")->required();
  CLI::Option* csv =
      command->add_flag("--csv", arguments->csv, "comma-separated, with a head line");
  CLI::Option* json =
      command->add_flag("--json", arguments->json,
                        "one JSON object a line; null where a number is infinite or not a number");
  CLI::Option* canonical = command->add_flag(
      "--canonical", arguments->canonical,
      "keys and bytes of the results and the folds' state in hexadecimal: equal for equal work, "
      "whatever happened on the way");
  csv->excludes(json)->excludes(canonical);
  json->excludes(canonical);
  command->callback([arguments, &exit_code] {
    ResultStyle style = ResultStyle::table;
    if (arguments->csv) style = ResultStyle::csv;
    if (arguments->json) style = ResultStyle::json;
    if (arguments->canonical) style = ResultStyle::canonical;
    exit_code = results(arguments->store, style);
  });
}

}  // namespace steadfarm::cli
