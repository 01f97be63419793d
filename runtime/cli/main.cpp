#include <exception>
#include <iostream>
#include <new>
#include <string>

#include "cli/commands.hpp"

namespace steadfarm::cli {

void say_error(const std::string& message) { std::cerr << "steadfarm: error: " << message << '\n'; }

int reading_failed(const Error& error) {
  say_error(error.message);
  switch (error.code) {
    case ErrorCode::io:
    case ErrorCode::shortage:
    case ErrorCode::no_memory:
    case ErrorCode::denied:
    case ErrorCode::unreadable:
    case ErrorCode::timeout:
      return 74;
    default:
      return 65;
  }
}

namespace {

// CLI11 says of a misspelt command only that one is required.
std::string what_is_wrong(const CLI::App& app, int argc, char** argv,
                          const CLI::ParseError& error) {
  if (argc < 2 || !app.get_subcommands().empty()) return error.what();
  std::string names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  return "'" + std::string(argv[1]) + "' is none of the commands, which are " + names;
}

int run(int argc, char** argv) {
  CLI::App app("Steadfarm: a task farm for MPI that survives.");
  app.name("steadfarm");
  app.require_subcommand(1);
  int exit_code = 0;
  add_run(app, exit_code);
  add_inspect(app, exit_code);
  add_verify(app, exit_code);
  add_results(app, exit_code);
  add_restore(app, exit_code);
  add_clean(app, exit_code);
  add_simulate(app, exit_code);
  add_version(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    say_error(what_is_wrong(app, argc, argv, e) + "; see steadfarm --help");
    return 64;
  }
  // What was said to a full disk or a closed pipe was not said.
  if (!std::cout.flush()) {
    say_error("cannot write to standard output");
    return 70;
  }
  return exit_code;
}

}  // namespace
}  // namespace steadfarm::cli

int main(int argc, char** argv) {
  try {
    return steadfarm::cli::run(argc, argv);
  } catch (const std::bad_alloc&) {
    std::cerr
        << "steadfarm: error: memory ran out; raise the limit on memory or use a machine with "
           "more\n";
    return 74;
  } catch (const std::exception& e) {
    steadfarm::cli::say_error(e.what());
    return 70;
  }
}
