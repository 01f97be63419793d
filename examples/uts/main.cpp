// uts: counts an Unbalanced Tree Search tree on a farm. A unit is a list of nodes; it explores at
// most --grain of them and spawns what is left.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <optional>
#include <steadfarm/farm.hpp>
#include <string>
#include <thread>

#include "examples/uts/explore.hpp"
#include "examples/uts/tree.hpp"

namespace {

using steadfarm::uts::Counts;
using steadfarm::uts::Shape;
using steadfarm::uts::TreeParams;
using steadfarm::uts::TreeType;

struct Arguments {
  std::string tree_name;
  TreeParams params;
  std::int32_t type = 1;
  std::int32_t shape = 0;
  std::uint64_t grain = steadfarm::uts::kDefaultGrain;
  std::uint32_t pause_us = 0;
};

void add_tree_options(CLI::App& app, Arguments& a) {
  auto* name =
      app.add_option("--tree", a.tree_name, "a published tree: T1 to T5, T1L, T2L, T3L, T1XL");
  const auto own = [&](CLI::Option* option) { option->excludes(name)->capture_default_str(); };
  own(app.add_option("-t", a.type, "0 binomial, 1 geometric, 2 hybrid")->check(CLI::Range(0, 2)));
  own(app.add_option("-b", a.params.root_factor, "branching factor of the root"));
  own(app.add_option("-a", a.shape, "shape of a geometric tree")->check(CLI::Range(0, 3)));
  own(app.add_option("-d", a.params.depth_limit, "depth that the shape refers to"));
  own(app.add_option("-r", a.params.root_seed, "seed of the root"));
  own(app.add_option("-q", a.params.child_chance, "chance that a binomial node has children"));
  own(app.add_option("-m", a.params.child_count, "how many it has then"));
  own(app.add_option("-f", a.params.shift, "share of -d from which a hybrid tree is binomial"));
  app.add_option("--grain", a.grain, "nodes that one unit explores")
      ->check(CLI::Range(1ULL, 1ULL << 40U))
      ->capture_default_str();
  app.add_option("--pause-us", a.pause_us,
                 "sleep so long in each unit, so that a fast machine can be watched")
      ->check(CLI::Range(0U, 60'000'000U))
      ->capture_default_str();
}

// Returns what is wrong, or nothing.
std::optional<std::string> settle(Arguments& a) {
  if (!a.tree_name.empty()) {
    const auto* named = steadfarm::uts::find_tree(a.tree_name);
    if (named == nullptr) {
      return "--tree '" + a.tree_name + "' is not known; take T1 to T5, T1L, T2L, T3L or T1XL";
    }
    a.params = named->params;
    return std::nullopt;
  }
  a.params.type = static_cast<TreeType>(a.type);
  a.params.shape = static_cast<Shape>(a.shape);
  const steadfarm::Status status = steadfarm::uts::validate(a.params);
  if (!status) return status.error().message;
  return std::nullopt;
}

void print(const steadfarm::Outcome& outcome, const Counts& counts, bool json) {
  const double nodes_per_s = static_cast<double>(counts.nodes) / outcome.seconds;
  if (json) {
    char answer[128];
    std::snprintf(answer, sizeof answer, R"({"nodes": %llu, "depth": %u, "leaves": %llu})",
                  static_cast<unsigned long long>(counts.nodes), counts.depth,
                  static_cast<unsigned long long>(counts.leaves));
    const std::string extra = "{\"nodes_per_s\": " + std::to_string(nodes_per_s) + "}";
    std::printf("%s\n", outcome.json(answer, extra).c_str());
    return;
  }
  std::printf("%s%llu nodes, depth %u, %llu leaves (%.2f s, %.2f million nodes/s)\n",
              outcome.complete ? "" : "so far: ", static_cast<unsigned long long>(counts.nodes),
              counts.depth, static_cast<unsigned long long>(counts.leaves), outcome.seconds,
              nodes_per_s * 1e-6);
}

int run(int argc, char** argv) {
  steadfarm::Options options;
  options.progress = "auto";
  options.announce = true;
  options.handle_signals = true;
  Arguments arguments;
  CLI::App app("Counts the nodes of an Unbalanced Tree Search tree on a Steadfarm farm.");
  app.name("uts");
  add_tree_options(app, arguments);
  steadfarm::add_options(app, options);
  if (const auto code = steadfarm::parse_command_line(app, argc, argv)) return *code;
  if (const auto wrong = settle(arguments)) return steadfarm::usage_error("uts", *wrong);

  if (options.identity.empty()) {
    options.identity = "uts " + steadfarm::uts::to_string(arguments.params) + " --grain " +
                       std::to_string(arguments.grain);
  }
  steadfarm::Farm<steadfarm::uts::Unit, Counts> farm(options);
  const steadfarm::uts::Tree tree(arguments.params);
  Counts total;
  farm.fold(total, [](Counts& sum, const Counts& counts) { sum.add(counts); });
  farm.submit({tree.root()});
  farm.work([&](const steadfarm::uts::Unit& unit, auto& context) {
    if (arguments.pause_us > 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(arguments.pause_us));
    }
    auto explored = steadfarm::uts::explore(tree, unit, arguments.grain);
    for (const steadfarm::uts::Unit& left : explored.left) context.spawn(left);
    return explored.counts;
  });
  const steadfarm::Outcome outcome = farm.run();
  // 74: what was found is not on disk, so it is printed all the more.
  const bool has_answer = outcome.complete || outcome.exit_code == 75 || outcome.exit_code == 74;
  if (farm.is_master() && has_answer) {
    print(outcome, total, options.json);
  }
  return outcome.exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "uts: error: %s\n", e.what());
    return 70;
  }
}
