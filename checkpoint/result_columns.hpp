// The named fields of results as columns: what makes them plain typed datasets.
#pragma once

#include <vector>

#include "checkpoint/result_fields.hpp"
#include "checkpoint/segment.hpp"

namespace steadfarm::checkpoint {

struct ResultColumn {
  ResultField field;
  Bytes bytes;  // as stored: a row of `field.count` values for each result, in the results' order
};

/// Empty if nothing is named, or if a result does not have all the fields: then its bytes are all
/// that is known of it.
[[nodiscard]] std::vector<ResultColumn> columns_of(const ResultsView& results,
                                                   const ResultFields& fields);

}  // namespace steadfarm::checkpoint
