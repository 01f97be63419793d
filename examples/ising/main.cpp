// ising: the two-dimensional Ising model over temperatures and lattice sizes, one unit a row of a
// CSV file, against the exact solution. Units are long, so they save their state on the way.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <steadfarm/farm.hpp>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "examples/ising/exact.hpp"
#include "examples/ising/parameters.hpp"
#include "examples/ising/simulation.hpp"

namespace {

using namespace steadfarm::ising;

using Results = std::map<std::uint64_t, Sums>;  // by place in the file

struct Arguments {
  std::string file;
  std::uint64_t save_every = 2000;
};

// Finished rows only: those of a run that was stopped are the first that happened to be done.
std::string json_of(const std::vector<Row>& rows, const Results& results) {
  std::string out = "{\"rows\": [";
  for (const auto& [place, sums] : results) {
    const Row& row = rows[place];
    const Estimates estimates = estimate(row, sums);
    const std::optional<double> exact = exact_magnetisation(row.size, row.temperature);
    char exact_text[32] = "null";
    if (exact) std::snprintf(exact_text, sizeof exact_text, "%.17g", *exact);
    char text[640];
    std::snprintf(text, sizeof text,
                  R"(%s{"size": %u, "temperature": %.17g, "sweeps": %llu, "energy": %.17g, )"
                  R"("energy_error": %.17g, "energy_exact": %.17g, "energy_infinite": %.17g, )"
                  R"("energy_tau": %.17g, "magnetisation": %.17g, "magnetisation_error": %.17g, )"
                  R"("magnetisation_exact": %s, "magnetisation_tau": %.17g})",
                  out.back() == '[' ? "" : ", ", row.size, row.temperature,
                  static_cast<unsigned long long>(row.sweeps), estimates.energy.mean,
                  estimates.energy.error, kaufman_energy(row.size, row.temperature),
                  onsager_energy(row.temperature), estimates.energy.tau,
                  estimates.magnetisation.mean, estimates.magnetisation.error, exact_text,
                  estimates.magnetisation.tau);
    out += text;
  }
  return out + "]}";
}

void print_table(const std::vector<Row>& rows, const Results& results) {
  std::printf("%5s %7s  %10s %9s %10s %6s  %9s %9s %9s %6s\n", "size", "T", "energy", "error",
              "exact", "off", "|m|", "error", "exact", "off");
  for (const auto& [place, sums] : results) {
    const Row& row = rows[place];
    const Estimates estimates = estimate(row, sums);
    const auto off = [](const Estimate& e, double exact) { return (e.mean - exact) / e.error; };
    const double energy = kaufman_energy(row.size, row.temperature);
    std::printf("%5u %7.4f  %10.6f %9.6f %10.6f %5.1fs  %9.6f %9.6f", row.size, row.temperature,
                estimates.energy.mean, estimates.energy.error, energy,
                off(estimates.energy, energy), estimates.magnetisation.mean,
                estimates.magnetisation.error);
    if (const auto exact = exact_magnetisation(row.size, row.temperature)) {
      std::printf(" %9.6f %5.1fs\n", *exact, off(estimates.magnetisation, *exact));
    } else {
      std::printf(" %9s\n", "-");
    }
  }
  if (results.size() < rows.size()) {
    std::printf("so far: %zu of %zu rows\n", results.size(), rows.size());
  }
}

std::string identity_of(const std::vector<Row>& rows) {
  const steadfarm::Bytes bytes = steadfarm::to_bytes(rows);
  return "ising, " + std::to_string(rows.size()) + " rows " +
         steadfarm::to_hex(steadfarm::digest(steadfarm::ByteView(bytes)));
}

int run(int argc, char** argv) {
  steadfarm::Options options;
  options.progress = "auto";
  options.announce = true;
  options.handle_signals = true;
  Arguments arguments;
  CLI::App app("Simulates the 2D Ising model over the rows of a CSV file on a Steadfarm farm.");
  app.name("ising");
  app.add_option("file", arguments.file, "CSV with the columns size,temperature,warm_up,sweeps")
      ->required();
  app.add_option("--save-every", arguments.save_every, "sweeps between safe points")
      ->check(CLI::Range(1ULL, 1ULL << 32U))
      ->capture_default_str();
  steadfarm::add_options(app, options);
  if (const auto code = steadfarm::parse_command_line(app, argc, argv)) return *code;
  const steadfarm::Result<std::vector<Row>> read = read_rows(arguments.file);
  if (!read) return steadfarm::usage_error("ising", read.error().message);
  const std::vector<Row>& rows = read.value();

  if (options.identity.empty()) {
    options.identity = identity_of(rows);
  }
  steadfarm::Farm<Row, Sums> farm(options);
  Results results;
  farm.fold(results, [](Results& all, const steadfarm::UnitKey& key, const Sums& sums) {
    all.emplace(key.lo, sums);
  });
  for (const Row& row : rows) farm.submit(row);
  farm.work([&](const Row& row, auto& context) {
    const Lattice lattice(row.size, row.temperature, context.seed());
    State state = context.template restore<State>().value_or(first_state(row));
    while (!is_done(row, state)) {
      advance(row, lattice, arguments.save_every, state);
      context.save(state);
    }
    return state.sums;
  });
  const steadfarm::Outcome outcome = farm.run();
  if (farm.is_master() && (outcome.complete || outcome.exit_code == 75)) {
    if (options.json) {
      std::printf("%s\n", outcome.json(json_of(rows, results)).c_str());
    } else {
      print_table(rows, results);
    }
  }
  return outcome.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "ising: error: %s\n", e.what());
    return 70;
  }
}
