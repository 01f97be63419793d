// cereal archives over our own buffers: no streams, numbers little-endian, and a size that the
// bytes cannot hold is refused before anything is allocated for it.
#pragma once

#include <bit>
#include <cereal/cereal.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

#include "steadfarm/detail/buffers.hpp"

namespace steadfarm::detail {

/// Memory order to wire order and back.
template <class Number>
Number little_endian(Number number) {
  if constexpr (std::endian::native == std::endian::little || sizeof(Number) == 1) {
    return number;
  } else {
    unsigned char bytes[sizeof(Number)];
    std::memcpy(bytes, &number, sizeof(Number));
    for (std::size_t i = 0; i < sizeof(Number) / 2; ++i) {
      std::swap(bytes[i], bytes[sizeof(Number) - 1 - i]);
    }
    std::memcpy(&number, bytes, sizeof(Number));
    return number;
  }
}

class CerealWriter : public cereal::OutputArchive<CerealWriter, cereal::AllowEmptyClassElision> {
 public:
  explicit CerealWriter(Writer& writer)
      : cereal::OutputArchive<CerealWriter, cereal::AllowEmptyClassElision>(this),
        writer_(writer) {}
  void put(const void* data, std::size_t size) { writer_.put(data, size); }

 private:
  Writer& writer_;
};

class CerealReader : public cereal::InputArchive<CerealReader, cereal::AllowEmptyClassElision> {
 public:
  explicit CerealReader(Reader& reader)
      : cereal::InputArchive<CerealReader, cereal::AllowEmptyClassElision>(this), reader_(reader) {}
  void get(void* data, std::size_t size) {
    if (!reader_.get(data, size)) throw cereal::Exception("the bytes end too early");
  }
  void check_size(std::uint64_t size) const {
    if (size > reader_.left()) throw cereal::Exception("a size beyond the bytes that are left");
  }

 private:
  Reader& reader_;
};

template <class T>
concept CerealNumber = std::is_arithmetic_v<T>;

// Whole arrays at once only where memory order is wire order.
template <class T>
concept CerealBlock = std::endian::native == std::endian::little ||
                      sizeof(std::remove_pointer_t<std::remove_reference_t<T>>) == 1;

// Found by cereal through the archive's namespace; the names are cereal's.
template <CerealNumber T>
void CEREAL_SAVE_FUNCTION_NAME(CerealWriter& archive, const T& number) {
  const T wire = little_endian(number);
  archive.put(&wire, sizeof wire);
}
template <CerealNumber T>
void CEREAL_LOAD_FUNCTION_NAME(CerealReader& archive, T& number) {
  if constexpr (std::is_same_v<T, bool>) {
    unsigned char byte = 0;
    archive.get(&byte, 1);
    if (byte > 1) throw cereal::Exception("a bool that is neither 0 nor 1");
    number = byte == 1;
  } else {
    archive.get(&number, sizeof number);
    number = little_endian(number);
  }
}
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(CerealWriter& archive, const cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(CerealReader& archive, cereal::NameValuePair<T>& pair) {
  archive(pair.value);
}
template <class T>
void CEREAL_SAVE_FUNCTION_NAME(CerealWriter& archive, const cereal::SizeTag<T>& tag) {
  archive(static_cast<std::uint64_t>(tag.size));
}
template <class T>
void CEREAL_LOAD_FUNCTION_NAME(CerealReader& archive, cereal::SizeTag<T>& tag) {
  std::uint64_t size = 0;
  archive(size);
  archive.check_size(size);
  tag.size = static_cast<std::remove_reference_t<decltype(tag.size)>>(size);
}
template <CerealBlock T>
void CEREAL_SAVE_FUNCTION_NAME(CerealWriter& archive, const cereal::BinaryData<T>& block) {
  archive.put(block.data, static_cast<std::size_t>(block.size));
}
template <CerealBlock T>
void CEREAL_LOAD_FUNCTION_NAME(CerealReader& archive, cereal::BinaryData<T>& block) {
  archive.get(block.data, static_cast<std::size_t>(block.size));
}

}  // namespace steadfarm::detail

CEREAL_REGISTER_ARCHIVE(steadfarm::detail::CerealWriter)
CEREAL_REGISTER_ARCHIVE(steadfarm::detail::CerealReader)
CEREAL_SETUP_ARCHIVE_TRAITS(steadfarm::detail::CerealReader, steadfarm::detail::CerealWriter)

namespace steadfarm::detail {

template <class T>
inline constexpr bool has_cereal = cereal::traits::is_output_serializable<T, CerealWriter>::value&&
    cereal::traits::is_input_serializable<T, CerealReader>::value;

}  // namespace steadfarm::detail
