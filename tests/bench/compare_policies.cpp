// Every policy on every kind of unit times, on equal and unequal workers: makespan over the lower
// bound, and messages. In simulated time, over the real machines of master and workers.
//
//   compare_policies                 the tables
//   compare_policies --update FILE   puts them between the marks in FILE
//   compare_policies --check FILE    exit 1 if FILE has other ones, or if an ordering that must
//                                    hold does not
#include <CLI/CLI.hpp>
#include <cmath>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "core/policy/names.hpp"
#include "simulated_farm.hpp"

namespace steadfarm::bench {
namespace {

constexpr std::size_t kWorkers = 16;
constexpr std::uint64_t kUnitsAKey = 16;
constexpr const char* kBegin = "<!-- compare_policies: begin -->\n";
constexpr const char* kEnd = "<!-- compare_policies: end -->\n";

struct Scale {
  std::string title;
  std::size_t units;
  double mean_us;
  int seeds;  // fewer units, more luck
};
const std::vector<Scale> kScales = {{"16,384 units of 1 ms", 16'384, 1'000, 2},
                                    {"512 units of 1 s", 512, 1'000'000, 20}};

/// The time of unit i of n as a multiple of the mean.
struct Shape {
  std::string name;
  std::function<double(double part, Prng&)> factor;
};
// A normal deviate: the sum of twelve uniform ones has nearly that distribution.
double normal(Prng& prng) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += prng.uniform();
  return sum;
}
const std::vector<Shape> kShapes = {
    {"uniform", [](double /*part*/, Prng& prng) { return 0.5 + prng.uniform(); }},
    {"lognormal", [](double /*part*/, Prng& prng) { return std::exp(normal(prng) - 0.5); }},
    {"bimodal", [](double /*part*/, Prng& prng) { return prng.chance(0.1) ? 5.5 : 0.5; }},
    {"drifting",
     [](double part, Prng& prng) { return (0.2 + 1.6 * part) * (0.9 + 0.2 * prng.uniform()); }},
};

struct Workers {
  std::string name;
  std::vector<double> speeds;  // in turn
};
const std::vector<Workers> kFarms = {{"equal", {1}}, {"unequal", {0.5, 0.5, 1, 2}}};

struct Contender {
  std::string name;
  core::PolicyKind kind = core::PolicyKind::dynamic;
  std::uint32_t chunk = 1;
  bool knows_speeds = false;
};

std::vector<Contender> contenders() {
  std::vector<Contender> out;
  for (const core::PolicyName& policy : core::kPolicyNames) {
    out.push_back({"`" + std::string(policy.name) + "`", policy.kind});
    if (policy.kind == core::PolicyKind::fixed) {
      out.push_back({"`fixed`, `--chunk 8`", policy.kind, 8});
    }
    if (policy.kind == core::PolicyKind::weighted) {
      out.push_back({"`weighted`, `--speeds`", policy.kind, 1, true});
    }
  }
  return out;
}

struct Result {
  double ratio = 0;  // makespan over the lower bound, mean of the seeds
  double messages = 0;
  double warm = 0;  // part of the units
};
// scale, workers, shape, contender
using Results = std::map<std::string, Result>;

std::string key(const Scale& scale, const Workers& workers, const std::string& shape,
                const std::string& contender) {
  return scale.title + '/' + workers.name + '/' + shape + '/' + contender;
}

FarmInput make_input(const Scale& scale, const Shape& shape, const Workers& workers, int seed) {
  FarmInput input;
  Prng prng(static_cast<std::uint64_t>(seed));
  const std::size_t n = scale.units;
  for (std::size_t i = 0; i < n; ++i) {
    const double part = static_cast<double>(i) / static_cast<double>(n - 1);
    const double us = scale.mean_us * shape.factor(part, prng);
    input.unit_us.push_back(std::max<TimeUs>(1, std::llround(us)));
    input.keys.push_back(i % (n / kUnitsAKey - 1));  // odd: no multiple of the workers
  }
  for (std::size_t i = 0; i < kWorkers; ++i) {
    input.speeds.push_back(workers.speeds[i % workers.speeds.size()]);
  }
  return input;
}

Result measure(const Scale& scale, const Shape& shape, const Workers& workers,
               const Contender& contender) {
  Result mean;
  for (int seed = 1; seed <= scale.seeds; ++seed) {
    FarmInput input = make_input(scale, shape, workers, seed);
    input.policy.kind = contender.kind;
    input.policy.chunk = contender.chunk;
    if (contender.knows_speeds) input.policy.speeds = workers.speeds;
    const FarmOutput output = run_farm(input);
    mean.ratio += static_cast<double>(output.makespan_us) / lower_bound_us(input) / scale.seeds;
    mean.messages += static_cast<double>(output.messages) / scale.seeds;
    mean.warm +=
        static_cast<double>(output.warm_units) / static_cast<double>(scale.units) / scale.seeds;
  }
  return mean;
}

Results measure_all() {
  Results results;
  for (const Scale& scale : kScales) {
    for (const Workers& workers : kFarms) {
      for (const Shape& shape : kShapes) {
        for (const Contender& c : contenders()) {
          results[key(scale, workers, shape.name, c.name)] = measure(scale, shape, workers, c);
        }
      }
    }
  }
  return results;
}

std::string number(double value, int digits) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(digits) << value;
  return out.str();
}

void write_table(const Results& results, const Scale& scale, std::ostream& out) {
  out << "### " << scale.title << ", 16 workers\n\n| policy |";
  for (const Workers& workers : kFarms) {
    for (const Shape& shape : kShapes) out << ' ' << shape.name << ", " << workers.name << " |";
  }
  out << " warm |\n| --- |";
  for (std::size_t i = 0; i < kFarms.size() * kShapes.size() + 1; ++i) out << " --- |";
  out << '\n';
  for (const Contender& c : contenders()) {
    out << "| " << c.name << " |";
    double warm = 0;
    for (const Workers& workers : kFarms) {
      for (const Shape& shape : kShapes) {
        const Result& r = results.at(key(scale, workers, shape.name, c.name));
        out << ' ' << number(r.ratio, 3) << " (" << number(r.messages, 0) << ") |";
        warm += r.warm / static_cast<double>(kFarms.size() * kShapes.size());
      }
    }
    out << ' ' << number(100 * warm, 0) << " % |\n";
  }
  out << '\n';
}

std::string tables(const Results& results) {
  std::ostringstream out;
  out << '\n';
  for (const Scale& scale : kScales) write_table(results, scale, out);
  return out.str();
}

struct Ordering {
  std::string scale, workers, shape, better, worse;
};

// What must hold, or a policy is not what its name says.
int check_orderings(const Results& results) {
  const std::string& brief = kScales[0].title;
  const std::string& lasting = kScales[1].title;
  const std::vector<Ordering> orderings = {
      {lasting, "unequal", "uniform", "`dynamic`", "`guided`"},
      {lasting, "unequal", "uniform", "`factoring`", "`guided`"},
      {lasting, "unequal", "uniform", "`weighted`, `--speeds`", "`factoring`"},
      {lasting, "equal", "drifting", "`factoring`", "`guided`"},
      {brief, "unequal", "uniform", "`dynamic`", "`fixed`"},
      {brief, "unequal", "uniform", "`least-loaded`", "`dynamic`"},
      {brief, "equal", "bimodal", "`dynamic`", "`fixed`"},
  };
  int wrong = 0;
  const auto say = [&](const std::string& text) {
    std::cerr << "compare_policies: " << text << '\n';
    ++wrong;
  };
  for (const auto& [name, result] : results) {
    if (result.ratio < 1) say(name + " ends before the lower bound");
    if (result.ratio > 4) say(name + " takes more than four times the lower bound");
  }
  for (const Ordering& o : orderings) {
    const std::string where = o.scale + '/' + o.workers + '/' + o.shape + '/';
    if (results.at(where + o.better).ratio > results.at(where + o.worse).ratio) {
      say(where + ": " + o.better + " is slower than " + o.worse);
    }
  }
  for (const char* workers : {"equal", "unequal"}) {
    const std::string where = brief + '/' + workers + "/uniform/";
    if (results.at(where + "`affinity`").warm < 1.5 * results.at(where + "`dynamic`").warm) {
      say(where + ": `affinity` keeps few units where their data is");
    }
    for (const char* few : {"`dynamic`", "`guided`", "`least-loaded`"}) {
      if (results.at(where + few).messages > results.at(where + "`fixed`").messages / 4) {
        say(where + ": " + few + " sends nearly as many messages as unit by unit");
      }
    }
  }
  return wrong;
}

// The words are the same, the numbers nearly: libraries of mathematics differ in the last digit.
bool agree(const std::string& one, const std::string& other) {
  std::istringstream a(one);
  std::istringstream b(other);
  std::string left;
  std::string right;
  while (a >> left) {
    if (!(b >> right)) return false;
    if (left == right) continue;
    char* end = nullptr;
    const double x = std::strtod(left.c_str() + (left[0] == '(' ? 1 : 0), &end);
    const double y = std::strtod(right.c_str() + (right[0] == '(' ? 1 : 0), nullptr);
    if (x == 0 || std::abs(x - y) > 0.03 * std::abs(x)) return false;
  }
  return !(b >> right);
}

struct Document {
  std::string before, tables, after;
  bool ok = false;
};

Document read_document(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  const std::string all = text.str();
  Document document;
  const std::size_t begin = all.find(kBegin);
  const std::size_t end = all.find(kEnd);
  if (!in || begin == std::string::npos || end == std::string::npos || end < begin) {
    std::cerr << "compare_policies: " << file << " has no marks for the tables: " << kBegin;
    return document;
  }
  const std::size_t inside = begin + std::string(kBegin).size();
  document = {all.substr(0, inside), all.substr(inside, end - inside), all.substr(end), true};
  return document;
}

int run(const std::string& update, const std::string& check) {
  const Results results = measure_all();
  const std::string text = tables(results);
  if (update.empty() && check.empty()) {
    std::cout << text;
    return 0;
  }
  const Document document = read_document(update.empty() ? check : update);
  if (!document.ok) return 1;
  if (!update.empty()) {
    std::ofstream out(update);
    out << document.before << text << document.after;
    return out.flush() ? 0 : 1;
  }
  int wrong = check_orderings(results);
  if (!agree(document.tables, text)) {
    std::cerr << "compare_policies: " << check << " has other tables; see the differences with "
              << "compare_policies --update " << check << '\n';
    ++wrong;
  }
  return wrong == 0 ? 0 : 1;
}

}  // namespace
}  // namespace steadfarm::bench

int main(int argc, char** argv) {
  CLI::App app("Compares the policies in simulated time");
  std::string update;
  std::string check;
  app.add_option("--update", update, "document to put the tables into");
  app.add_option("--check", check, "document to compare the tables with");
  CLI11_PARSE(app, argc, argv);
  return steadfarm::bench::run(update, check);
}
