// A farm in a program that sets its locale first: the one of the environment, for C and C++, and
// with GROUPED=1 one whose numbers are written 1.234.567,5. Exit code 9: the locale is not to be
// had; 8: it is another one after the farm has read the command line.
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <locale>
#include <string>

#include "steadfarm/farm.hpp"

namespace {

struct Grouped : std::numpunct<char> {
  [[nodiscard]] char do_thousands_sep() const override { return '.'; }
  [[nodiscard]] char do_decimal_point() const override { return ','; }
  [[nodiscard]] std::string do_grouping() const override { return "\3"; }
};

}  // namespace

int main(int argc, char** argv) {
  if (std::setlocale(LC_ALL, "") == nullptr) return 9;
  std::locale::global(std::locale(""));
  if (std::getenv("GROUPED") != nullptr) {
    std::locale::global(std::locale(std::locale(), new Grouped));
  }
  const std::string before = std::setlocale(LC_ALL, nullptr);
  const std::locale cpp_before;
  steadfarm::Options defaults;
  defaults.announce = true;
  steadfarm::Farm<long, double> farm(argc, argv, defaults);
  if (std::setlocale(LC_ALL, nullptr) != before || !(std::locale() == cpp_before)) return 8;
  double largest = 0;
  farm.fold(largest, [](double& state, double result) { state = result > state ? result : state; });
  farm.store_results("half");
  farm.range(4'000);
  farm.work([](long n) { return static_cast<double>(n) + 0.5; });
  const steadfarm::Outcome outcome = farm.run();
  if (farm.is_master()) {
    std::printf("%d %zu %d\n", static_cast<int>(farm.options().interval_s * 1000),
                farm.options().speeds.size(), static_cast<int>(largest * 2));
    std::puts(outcome.json("1.5").c_str());
  }
  return outcome.exit_code;
}
