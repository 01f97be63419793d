// qap: solves a quadratic assignment problem from QAPLIB by branch and bound on a farm. Units are
// subtrees; the incumbent is the shared value, with its permutation as the witness.
#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <steadfarm/farm.hpp>
#include <string>
#include <thread>

#include "base/digest.hpp"
#include "examples/qap/search.hpp"

namespace {

using namespace steadfarm::qap;

struct Arguments {
  std::string file;
  std::int64_t fixed_bound = 0;
  bool has_fixed_bound = false;
  bool symmetry = false;
  bool serial = false;
  std::uint64_t grain = kDefaultGrain;
  std::uint32_t pause_us = 0;
};

// The farm's shared value behind the search's door.
template <class Context>
class SharedIncumbent final : public IncumbentPort {
 public:
  SharedIncumbent(Context& context, std::size_t n) : context_(context), n_(n) {}

  [[nodiscard]] const std::optional<Incumbent>& best() override {
    const std::int64_t* value = context_.shared_value();
    if (value == nullptr) return best_;
    const steadfarm::ByteView witness = context_.shared_witness();
    if (best_ && best_->value == *value &&
        std::equal(witness.begin(), witness.end(), witness_.begin(), witness_.end())) {
      return best_;
    }
    if (auto permutation = decode_witness(witness, n_)) {
      best_ = Incumbent{*value, std::move(*permutation)};
      witness_.assign(witness.begin(), witness.end());
    }
    return best_;
  }
  void offer(const Incumbent& incumbent) override {
    context_.improve(incumbent.value, encode_witness(incumbent.permutation));
  }

 private:
  Context& context_;
  std::size_t n_;
  std::optional<Incumbent> best_;
  steadfarm::Bytes witness_;
};

// What makes two runs the same job: the matrices, not the file's name.
std::string describe(const Instance& instance, const SearchOptions& search) {
  steadfarm::DigestStream stream;
  for (const Matrix* matrix : {&instance.a, &instance.b}) {
    for (std::size_t i = 0; i < instance.n; ++i) {
      for (std::size_t j = 0; j < instance.n; ++j) {
        stream.update(std::to_string(matrix->at(i, j)) + " ");
      }
    }
  }
  std::string text =
      "qap n " + std::to_string(instance.n) + " matrices " + steadfarm::to_hex(stream.finish());
  if (search.fixed_bound) text += " --fixed-bound " + std::to_string(*search.fixed_bound);
  if (search.symmetry) text += " --symmetry";
  return text;
}

std::string permutation_json(const Permutation& permutation) {
  std::string text = "[";
  for (std::size_t i = 0; i < permutation.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(permutation[i] + 1);
  }
  return text + "]";
}

void print(const steadfarm::Outcome& outcome, const std::optional<Incumbent>& best,
           std::uint64_t nodes, bool json) {
  const std::string optimum = best ? std::to_string(best->value) : "null";
  const std::string permutation = best ? permutation_json(best->permutation) : "null";
  if (json) {
    const std::string answer =
        "{\"optimum\": " + optimum + ", \"permutation\": " + permutation + "}";
    const std::string extra = "{\"nodes\": " + std::to_string(nodes) + "}";
    std::printf("%s\n", outcome.json(answer, extra).c_str());
    return;
  }
  std::printf("%s %s, permutation %s (%llu nodes, %.2f s)\n",
              outcome.complete ? "optimum" : "best so far", optimum.c_str(), permutation.c_str(),
              static_cast<unsigned long long>(nodes), outcome.seconds);
}

int solve_alone(const Instance& instance, const SearchOptions& search, bool json) {
  const auto answer = solve_serial(instance, search);
  steadfarm::Outcome outcome;
  outcome.exit_code = 0;
  outcome.complete = true;
  outcome.ranks = 1;
  print(outcome, answer.best, answer.nodes, json);
  return 0;
}

int solve_on_farm(const Instance& instance, const SearchOptions& search, const Arguments& arguments,
                  const steadfarm::Options& options) {
  steadfarm::Farm<Unit, std::uint64_t> farm(options);
  std::uint64_t nodes = 0;
  farm.fold(nodes, [](std::uint64_t& sum, std::uint64_t count) { sum += count; });
  farm.submit(root_unit());
  Searcher searcher(instance, search);
  farm.work([&](const Unit& unit, auto& context) {
    if (!searcher.is_valid(unit)) throw std::runtime_error("the unit is no subtree of this file");
    if (arguments.pause_us > 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(arguments.pause_us));
    }
    SharedIncumbent incumbent(context, instance.n);
    const Exploration explored = searcher.explore(unit, arguments.grain, incumbent);
    for (const Unit& left : explored.left) context.spawn(left);
    return explored.nodes;
  });
  const steadfarm::Outcome outcome = farm.run();
  // 74: what was found is not on disk, so it is printed all the more.
  const bool has_answer = outcome.complete || outcome.exit_code == 75 || outcome.exit_code == 74;
  if (farm.is_master() && has_answer) {
    std::optional<Incumbent> best;
    if (outcome.shared_value) {
      auto permutation = decode_witness(outcome.shared_witness, instance.n);
      if (permutation) best = Incumbent{*outcome.shared_value, std::move(*permutation)};
    }
    print(outcome, best, nodes, options.json);
  }
  return outcome.exit_code;
}

// CLI11 takes no digits for 0, and cuts what is too large.
std::string whole_number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return "'" + text + "' is not a whole number of at most 9223372036854775807";
}

// Returns the option of --fixed-bound.
CLI::Option* add_search_options(CLI::App& app, Arguments& arguments) {
  app.add_option("FILE", arguments.file, "a QAPLIB .dat file")->required();
  auto* fixed = app.add_option("--fixed-bound", arguments.fixed_bound,
                               "prune exactly where the lower bound is at least this")
                    ->check(whole_number);
  app.add_flag("--symmetry", arguments.symmetry,
               "leave out locations that are equivalent to a smaller one");
  app.add_flag("--serial", arguments.serial, "the same search in one process, without MPI");
  app.add_option("--grain", arguments.grain, "nodes that one unit bounds")
      ->check(CLI::Range(1ULL, 1ULL << 40U))
      ->capture_default_str();
  app.add_option("--pause-us", arguments.pause_us,
                 "sleep so long in each unit, so that a small problem can be watched")
      ->check(CLI::Range(0U, 60'000'000U))
      ->capture_default_str();
  return fixed;
}

int run(int argc, char** argv) {
  steadfarm::Options options;
  options.progress = "auto";
  options.announce = true;
  options.handle_signals = true;
  Arguments arguments;
  CLI::App app("Solves a quadratic assignment problem (QAPLIB) on a Steadfarm farm.");
  app.name("qap");
  auto* fixed = add_search_options(app, arguments);
  steadfarm::add_options(app, options);
  if (const auto code = steadfarm::parse_command_line(app, argc, argv)) return *code;
  arguments.has_fixed_bound = fixed->count() > 0;
  const auto instance = read_instance(arguments.file);
  if (!instance) return steadfarm::usage_error("qap", instance.error().message);

  SearchOptions search;
  if (arguments.has_fixed_bound) search.fixed_bound = arguments.fixed_bound;
  search.symmetry = arguments.symmetry;
  if (arguments.serial) return solve_alone(instance.value(), search, options.json);
  if (options.identity.empty()) {
    options.identity =
        describe(instance.value(), search) + " --grain " + std::to_string(arguments.grain);
  }
  return solve_on_farm(instance.value(), search, arguments, options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "qap: error: %s\n", e.what());
    return 70;
  }
}
