#include "engine/weights/safetensors.h"

#include <ATen/ATen.h>

#include "support/catch_torch.h"
#include "support/temp_dir.h"
#include "support/write_file.h"

namespace atelier::engine {
namespace {

using testing::TempDir;
using testing::WriteFile;

std::string File(const std::string& header, const std::string& data, int64_t length = -1) {
  const uint64_t claimed = length < 0 ? header.size() : static_cast<uint64_t>(length);
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(claimed >> (8 * i));
  return bytes + header + data;
}

Error OpenError(const std::string& bytes) {
  const TempDir folder;
  const auto file = SafetensorsFile::Open(WriteFile(folder.path() / "x.safetensors", bytes));
  REQUIRE_FALSE(file.has_value());
  return file.error();
}

std::string Entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

TEST_CASE("Tensors of every dtype come back from a file as they were written", "[weights]") {
  const TempDir folder;
  at::manual_seed(1);
  TensorMap tensors;
  for (const at::ScalarType dtype : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong,
                                     at::kInt, at::kShort, at::kChar, at::kByte, at::kBool}) {
    tensors[std::string("t.") + c10::toString(dtype)] = (at::randn({3, 5}) * 10).abs().to(dtype);
  }
  tensors["scalar"] = at::tensor(3.5f).squeeze();
  tensors["empty"] = at::empty({0, 4});
  tensors["turned"] = at::randn({4, 6}).t();
  const auto path = folder.path() / "all.safetensors";
  REQUIRE(WriteSafetensors(path, tensors, {{"made", "by \"hand\""}}).has_value());
  const auto file = SafetensorsFile::Open(path);
  REQUIRE(file.has_value());
  CHECK(file->metadata().at("made") == "by \"hand\"");
  CHECK(file->names().size() == tensors.size());
  for (const auto& [name, tensor] : tensors) {
    INFO(name);
    const auto read = file->Tensor(name);
    REQUIRE(read.has_value());
    CHECK(read->scalar_type() == tensor.scalar_type());
    CHECK(at::equal(*read, tensor));
  }
  CHECK(file->Tensor("nothing").error().code == Code::kNotFound);
}

TEST_CASE("A tensor outlives the file object, and writing to it leaves the file alone",
          "[weights]") {
  const TempDir folder;
  const auto path = folder.path() / "a.safetensors";
  REQUIRE(WriteSafetensors(path, {{"a", at::ones({1000})}}).has_value());
  at::Tensor tensor = SafetensorsFile::Open(path)->Tensor("a").value();
  tensor.add_(1);
  CHECK(tensor.sum().item<float>() == 2000.0f);
  CHECK(SafetensorsFile::Open(path)->Tensor("a")->sum().item<float>() == 1000.0f);
}

TEST_CASE("A failed write leaves neither a file nor a temporary one behind", "[weights]") {
  const TempDir folder;
  const auto path = folder.path() / "missing" / "a.safetensors";
  CHECK_FALSE(WriteSafetensors(path, {{"a", at::ones({2})}}).has_value());
  CHECK_FALSE(
      WriteSafetensors(folder.path() / "c.safetensors", {{"c", at::ones({2}, at::kComplexFloat)}})
          .has_value());
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("A file that does not exist is not found", "[weights]") {
  const TempDir folder;
  CHECK(SafetensorsFile::Open(folder.path() / "no.safetensors").error().code == Code::kNotFound);
  CHECK(SafetensorsFile::Open(folder.path()).error().code == Code::kDataLoss);
}

TEST_CASE("A header that lies is refused before any tensor is made", "[weights]") {
  const std::string eight(8, 'x');
  const auto refused = [](const std::string& bytes, const std::string& why) {
    const Error error = OpenError(bytes);
    CHECK(error.code == Code::kDataLoss);
    CHECK_THAT(error.message, Catch::Contains(why));
  };
  refused("", "shorter than 8 bytes");
  refused("1234567", "shorter than 8 bytes");
  refused(File("{}", "", 3), "longer than the file");
  refused(File("{}", "", 99'000'000), "longer than the file");
  refused(File("{}", "", INT64_MAX), "longer than 100 MB");
  refused(File("{", ""), "not a JSON object");
  refused(File("[1]", ""), "not a JSON object");
  refused(File(std::string(200'000, '['), ""), "not a JSON object");
  refused(File("{\"a\":3}", ""), "lacks dtype");
  refused(File("{\"__metadata__\":{\"a\":3}}", ""), "not text");
  refused(File("{" + Entry("a", "F8", "[2]", "[0,8]") + "}", eight), "unknown dtype");
  refused(File("{" + Entry("a", "F32", "[3]", "[0,8]") + "}", eight),
          "8 bytes where its shape needs 12");
  refused(File("{" + Entry("a", "F32", "[-2]", "[0,8]") + "}", eight), "not a whole number");
  refused(File("{" + Entry("a", "F32", "[2.0]", "[0,8]") + "}", eight), "not a whole number");
  refused(File("{" + Entry("a", "F32", "[2]", "[0,12]") + "}", eight), "outside of the file");
  refused(File("{" + Entry("a", "F32", "[2]", "[8,0]") + "}", eight), "outside of the file");
  refused(File("{" + Entry("a", "F32", "[2]", "[0,18446744073709551615]") + "}", eight),
          "outside of the file");
  refused(File("{" + Entry("a", "F32", "[4611686018427387904,4]", "[0,8]") + "}", eight),
          "too large");
  refused(File("{" + Entry("a", "F32", "[4294967296,4294967296]", "[0,8]") + "}", eight),
          "too large");
  refused(
      File("{" + Entry("a", "F32", "[1]", "[0,4]") + "," + Entry("b", "F32", "[1]", "[2,6]") + "}",
           eight),
      "overlap");
  refused(File("{" + Entry("a", "F32", "[1]", "[4,8]") + "}", eight), "gap");
  refused(File("{" + Entry("a", "F32", "[1]", "[0,4]") + "}", eight), "after the last tensor");
}

TEST_CASE("Data that is not aligned to its own size is still read", "[weights]") {
  const TempDir folder;
  std::string header =
      "{" + Entry("a", "U8", "[1]", "[0,1]") + "," + Entry("b", "F32", "[1]", "[1,5]") + "}";
  const float value = 1.5f;
  const auto path = WriteFile(
      folder.path() / "x.safetensors",
      File(header, "\x07" + std::string(reinterpret_cast<const char*>(&value), sizeof value)));
  const auto file = SafetensorsFile::Open(path);
  REQUIRE(file.has_value());
  CHECK(file->Tensor("a")->item<int>() == 7);
  CHECK(file->Tensor("b")->item<float>() == 1.5f);
}

}  // namespace
}  // namespace atelier::engine
