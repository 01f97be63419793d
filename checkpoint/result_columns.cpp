#include "checkpoint/result_columns.hpp"

#include <cstring>

namespace steadfarm::checkpoint {

std::vector<ResultColumn> columns_of(const ResultsView& results, const ResultFields& fields) {
  std::vector<ResultColumn> columns;
  for (const ResultField& field : fields.fields) {
    ResultColumn column{field, {}};
    const std::uint64_t row_bytes = field.count * bytes_of(field.type);
    column.bytes.resize(results.keys.size() * row_bytes);
    for (std::size_t i = 0; i < results.keys.size(); ++i) {
      const ByteView result =
          results.bytes.subspan(results.offsets[i], results.offsets[i + 1] - results.offsets[i]);
      if (!fields.fits(result)) return {};
      std::memcpy(column.bytes.data() + i * row_bytes, result.data() + field.offset, row_bytes);
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace steadfarm::checkpoint
