// Options from the command line and the environment: flags beat environment beats code.
#pragma once

#include <optional>
#include <string>

#include "steadfarm/options.hpp"

namespace CLI {
class App;
}

namespace steadfarm {

/// Adds --store, --interval and all the others to a CLI11 application, so that they can stand
/// beside the program's own. `--store` is also STEADFARM_STORE in the environment, and so on.
/// `options` must live until the parsing is done.
void add_options(CLI::App& app, Options& options);

/// Parses. Returns nothing if the program should go on; otherwise the exit code: 0 after --help, 64
/// if something was wrong. Only one rank prints.
[[nodiscard]] std::optional<int> parse_command_line(CLI::App& app, int argc,
                                                    const char* const* argv);

/// Says "PROGRAM: MESSAGE; see PROGRAM --help" on one rank. Returns exit code 64.
[[nodiscard]] int usage_error(const std::string& program, const std::string& message);

/// Both for a program without options of its own. Ends the process where parse_command_line returns
/// an exit code.
[[nodiscard]] Options options_from_command_line(int argc, const char* const* argv,
                                                Options defaults);

}  // namespace steadfarm
