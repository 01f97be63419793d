// The wrapper's shape checks, against files that the wrapper itself would never make and against
// an application that uses HDF5 beside us.
#include "checkpoint/hdf5/image.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <span>
#include <vector>

namespace steadfarm::checkpoint::hdf5 {
namespace {

using Words = std::vector<std::uint64_t>;

ByteView view_of(const Words& words) { return std::as_bytes(std::span(words)); }

Bytes image_with(const char* path, Element element, std::uint64_t rows, std::uint64_t columns,
                 const Words& data) {
  ImageWriter writer = std::move(ImageWriter::create()).value();
  EXPECT_TRUE(writer.dataset(path, {element, rows, columns}, std::vector<ByteView>{view_of(data)}));
  return writer.finish().value().image.flatten();
}

TEST(Image, gives_back_datasets_and_attributes) {
  ImageWriter writer = std::move(ImageWriter::create()).value();
  const Words words = {1, 2, 3, 4, 5, 6};
  ASSERT_TRUE(writer.group("g"));
  ASSERT_TRUE(writer.attribute("g", "text", std::string("some words")));
  ASSERT_TRUE(writer.attribute("/", "big", ~std::uint64_t{0}));
  ASSERT_TRUE(writer.attribute("/", "low", std::int64_t{-3}));
  ASSERT_TRUE(
      writer.dataset("g/table", {Element::u64, 3, 2}, std::vector<ByteView>{view_of(words)}));
  const FinishedFile file = writer.finish().value();
  const Bytes bytes = file.image.flatten();
  const ImageReader reader = std::move(ImageReader::open(bytes)).value();
  EXPECT_EQ(reader.attribute_text("g", "text").value(), "some words");
  EXPECT_EQ(reader.attribute_u64("/", "big").value(), ~std::uint64_t{0});
  EXPECT_EQ(reader.attribute_i64("/", "low").value(), -3);
  ASSERT_EQ(reader.rows("g/table", Element::u64, 2).value(), 3U);
  Words back(6);
  ASSERT_TRUE(reader.read("g/table", std::as_writable_bytes(std::span(back))));
  EXPECT_EQ(back, words);
  EXPECT_TRUE(reader.has("g/table").value());
  EXPECT_FALSE(reader.has("g/chair").value());
  EXPECT_FALSE(reader.has("h/table").value());
}

TEST(Image, knows_where_a_dataset_lies_before_anything_is_written) {
  ImageWriter writer = std::move(ImageWriter::create()).value();
  const Words words = {1, 2, 3, 4};
  // In two pieces, as results lie in memory.
  ASSERT_TRUE(writer.dataset("d", {Element::u64, 4, 0},
                             {view_of(words).first(8), view_of(words).subspan(8)}));
  const FinishedFile file = writer.finish().value();
  const Bytes bytes = file.image.flatten();
  const Extent extent = file.index.at("d");
  EXPECT_EQ(extent.bytes, 32U);
  EXPECT_TRUE(std::ranges::equal(ByteView(bytes).subspan(extent.offset, 32), view_of(words)));
  EXPECT_EQ(std::move(ImageReader::open(bytes)).value().extent("d").value(), extent);
}

TEST(Image, lays_out_a_dataset_larger_than_memory) {
  ImageWriter writer = std::move(ImageWriter::create()).value();
  // Only laid out: no byte of it exists, and the file's structure stays small.
  constexpr std::uint64_t rows = std::uint64_t{1} << 45U;
  EXPECT_FALSE(writer.dataset("huge", {Element::u64, rows, 0}, std::vector<ByteView>{}));
  const FinishedFile file = writer.finish().value();
  EXPECT_EQ(file.index.at("huge").bytes, rows * 8);
  EXPECT_GT(file.image.bytes(), rows * 8);
  std::uint64_t kept = 0;
  for (const FileImage::Piece& piece : file.image.pieces()) kept += piece.bytes.size();
  EXPECT_LT(kept, 10'000U);
}

TEST(Image, refuses_pieces_that_do_not_fill_their_dataset) {
  ImageWriter writer = std::move(ImageWriter::create()).value();
  const Words words = {1, 2, 3};
  const Status refused =
      writer.dataset("d", {Element::u64, 4, 0}, std::vector<ByteView>{view_of(words)});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::internal);
  EXPECT_FALSE(writer.dataset("e", {Element::u64, 4, 0}, Bytes(31)));
}

TEST(Image, refuses_another_type_rank_or_width) {
  const Words words = {1, 2, 3, 4};
  const Bytes bytes = image_with("d", Element::u64, 2, 2, words);
  const ImageReader reader = std::move(ImageReader::open(bytes)).value();
  EXPECT_TRUE(reader.rows("d", Element::u64, 2));
  for (const auto& [element, columns] : std::vector<std::pair<Element, std::uint64_t>>{
           {Element::i64, 2}, {Element::u8, 2}, {Element::u64, 3}, {Element::u64, 0}}) {
    const auto rows = reader.rows("d", element, columns);
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().code, ErrorCode::corrupt);
  }
  EXPECT_FALSE(reader.rows("missing", Element::u64, 0));
  EXPECT_FALSE(reader.attribute_u64("/", "missing"));
}

/// A file made with the bare library: what a hostile or foolish writer could leave.
template <class Make>
Bytes bare_image(Make make) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  EXPECT_GE(H5Pset_fapl_core(access, 4096, 0), 0);
  const hid_t file = H5Fcreate("bare", H5F_ACC_TRUNC, H5P_DEFAULT, access);
  make(file);
  EXPECT_GE(H5Fflush(file, H5F_SCOPE_LOCAL), 0);
  Bytes bytes(static_cast<std::size_t>(H5Fget_file_image(file, nullptr, 0)));
  EXPECT_GT(H5Fget_file_image(file, bytes.data(), bytes.size()), 0);
  H5Fclose(file);
  H5Pclose(access);
  return bytes;
}

void make_dataset(hid_t file, const char* name, hsize_t rows, bool chunked, bool unwritten) {
  const hsize_t size[1] = {rows};
  const hsize_t chunk[1] = {8};
  const hid_t space = H5Screate_simple(1, size, nullptr);
  const hid_t options = H5Pcreate(H5P_DATASET_CREATE);
  if (chunked) H5Pset_chunk(options, 1, chunk);
  const hid_t data =
      H5Dcreate2(file, name, H5T_STD_U64LE, space, H5P_DEFAULT, options, H5P_DEFAULT);
  if (!unwritten) {
    const Words words(static_cast<std::size_t>(rows), 7);
    H5Dwrite(data, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, words.data());
  }
  H5Dclose(data);
  H5Pclose(options);
  H5Sclose(space);
}

TEST(Image, refuses_a_dataset_that_claims_more_than_the_file_holds) {
  // Never written, so it takes no space in the file and could claim any size.
  const Bytes bytes = bare_image([](hid_t file) {
    make_dataset(file, "huge", hsize_t{1} << 50U, false, true);
    make_dataset(file, "small", 4, false, true);
  });
  const ImageReader reader = std::move(ImageReader::open(bytes)).value();
  EXPECT_FALSE(reader.rows("huge", Element::u64, 0));
  EXPECT_FALSE(reader.rows("small", Element::u64, 0));
}

TEST(Image, refuses_chunks_and_links_that_could_lead_out) {
  const Bytes bytes = bare_image([](hid_t file) {
    make_dataset(file, "chunked", 16, true, false);
    make_dataset(file, "plain", 16, false, false);
    H5Lcreate_soft("/plain", file, "soft", H5P_DEFAULT, H5P_DEFAULT);
  });
  const ImageReader reader = std::move(ImageReader::open(bytes)).value();
  EXPECT_TRUE(reader.rows("plain", Element::u64, 0));
  EXPECT_FALSE(reader.rows("chunked", Element::u64, 0));
  EXPECT_FALSE(reader.has("soft").value());
  EXPECT_FALSE(reader.rows("soft", Element::u64, 0));
}

TEST(Image, refuses_a_group_with_a_link_into_another_file) {
  // The library stores such a group in another form than ours.
  const Bytes bytes = bare_image([](hid_t file) {
    H5Lcreate_external("other.h5", "/plain", file, "external", H5P_DEFAULT, H5P_DEFAULT);
  });
  const ImageReader reader = std::move(ImageReader::open(bytes)).value();
  ASSERT_FALSE(reader.has("external"));
  EXPECT_EQ(reader.has("external").error().code, ErrorCode::corrupt);
}

herr_t count_errors(hid_t /*stack*/, void* count) {
  ++*static_cast<int*>(count);
  return 0;
}

TEST(Image, leaves_the_applications_error_handler_and_plugins_alone) {
  int errors = 0;
  H5E_auto2_t old_handler = nullptr;
  void* old_data = nullptr;
  ASSERT_GE(H5Eget_auto2(H5E_DEFAULT, &old_handler, &old_data), 0);
  ASSERT_GE(H5Eset_auto2(H5E_DEFAULT, count_errors, &errors), 0);
  ASSERT_GE(H5PLset_loading_state(H5PL_FILTER_PLUGIN), 0);
  const Bytes nonsense(100);
  EXPECT_FALSE(ImageReader::open(nonsense));
  EXPECT_EQ(errors, 0);  // ours are not the application's
  unsigned plugins = 0;
  ASSERT_GE(H5PLget_loading_state(&plugins), 0);
  EXPECT_EQ(plugins, static_cast<unsigned>(H5PL_FILTER_PLUGIN));
  EXPECT_LT(H5Fopen("/nowhere/at/all.h5", H5F_ACC_RDONLY, H5P_DEFAULT), 0);
  EXPECT_EQ(errors, 1);  // its own still reach it
  H5Eset_auto2(H5E_DEFAULT, old_handler, old_data);
  H5PLset_loading_state(H5PL_ALL_PLUGIN);
}

TEST(Image, leaves_no_handle_open) {
  const auto open_handles = [] { return H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL); };
  const ssize_t before = open_handles();
  const Words words = {1, 2};
  const Bytes bytes = image_with("d", Element::u64, 2, 0, words);
  {
    const ImageReader reader = std::move(ImageReader::open(bytes)).value();
    EXPECT_TRUE(reader.rows("d", Element::u64, 0));
    EXPECT_FALSE(reader.rows("e", Element::u64, 0));
  }
  EXPECT_EQ(open_handles(), before);
}

}  // namespace
}  // namespace steadfarm::checkpoint::hdf5
