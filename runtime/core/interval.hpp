// How often to write a checkpoint.
#pragma once

#include "base/ids.hpp"

namespace steadfarm::core {

/// The interval between the end of a checkpoint and the beginning of the next one that costs least
/// in the long run, by Daly's higher order estimate (J. T. Daly, FGCS 22, 2006, doi
/// 10.1016/j.future.2004.11.016, eq. 37): sqrt(2 C M) (1 + sqrt(C/2M)/3 + (C/2M)/9) - C for C < 2M,
/// else M. C is what one checkpoint costs, M the mean time between failures, both above 0; all in
/// microseconds.
[[nodiscard]] TimeUs daly_interval_us(TimeUs cost_us, TimeUs mtbf_us);

}  // namespace steadfarm::core
