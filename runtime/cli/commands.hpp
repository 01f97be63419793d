// The subcommands of `steadfarm`, one file each. Each adds itself to the application and, if it was
// chosen, sets the exit code.
#pragma once

#include <CLI/CLI.hpp>

#include "base/error.hpp"

namespace steadfarm::cli {

void add_clean(CLI::App& app, int& exit_code);
void add_inspect(CLI::App& app, int& exit_code);
void add_restore(CLI::App& app, int& exit_code);
void add_results(CLI::App& app, int& exit_code);
void add_run(CLI::App& app, int& exit_code);
void add_simulate(CLI::App& app, int& exit_code);
void add_verify(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);

/// "steadfarm: error: ..." on standard error.
void say_error(const std::string& message);

/// Of a command that could not read a store: 74 if it cannot be read now, 65 if it is damaged, not
/// there, or another program's.
[[nodiscard]] int reading_failed(const Error& error);

}  // namespace steadfarm::cli
