// Sums squares on a farm: a program as somebody else would write it.
#include <cstdio>
#include <steadfarm/farm.hpp>

long square(int number);

int main(int argc, char** argv) {
  steadfarm::Farm<int, long> farm(argc, argv);
  long sum = 0;
  farm.fold(sum, [](long& total, long value) { total += value; });
  for (int i = 1; i <= 1000; ++i) farm.submit(i);
  farm.work([](int i) { return square(i); });
  const steadfarm::Outcome outcome = farm.run();
  if (farm.is_master() && outcome.complete) std::printf("%ld\n", sum);
  return outcome.exit_code;
}
