// Which number below a million has the longest Collatz sequence?
#include <cstdio>
#include <steadfarm/farm.hpp>
#include <string>
#include <utility>

using Longest = std::pair<int, long>;  // steps, number

int main(int argc, char** argv) {
  steadfarm::Farm<long, Longest> farm(argc, argv);
  Longest best{0, 0};
  farm.fold(best, [](Longest& b, const Longest& r) { b = std::max(b, r); });
  farm.range(1'000'000);
  farm.work([](long number) {
    int steps = 0;
    for (long n = number; n > 1; ++steps) n = n % 2 == 0 ? n / 2 : 3 * n + 1;
    return Longest{steps, number};
  });
  const steadfarm::Outcome outcome = farm.run();
  if (!farm.is_master()) return outcome.exit_code;
  if (outcome.complete) std::printf("%ld takes %d steps\n", best.second, best.first);
  if (farm.options().json) std::puts(outcome.json(std::to_string(best.second)).c_str());
  return outcome.exit_code;
}
