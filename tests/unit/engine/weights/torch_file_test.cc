#include "engine/weights/torch_file.h"

#include <ATen/ATen.h>

#include <cstring>

#include "base/random.h"
#include "engine/weights/load.h"
#include "support/catch_torch.h"
#include "support/parity_folder.h"
#include "support/temp_dir.h"
#include "support/torch_bytes.h"
#include "support/write_file.h"

namespace atelier::engine {
namespace {

using namespace testing::pickle;  // NOLINT: the little language these tests are written in
using testing::Little;
using testing::TempDir;
using testing::WriteFile;
using testing::Zip;

std::string Floats(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

/// A whole file: its pickled value, and the storages by key.
std::string TorchBytes(const std::string& value,
                       const std::vector<std::pair<std::string, std::string>>& storages,
                       const testing::ZipOptions& options = {}) {
  std::vector<std::pair<std::string, std::string>> entries = {{"m/data.pkl", File(value)},
                                                              {"m/byteorder", "little"}};
  for (const auto& [key, bytes] : storages) entries.emplace_back("m/data/" + key, bytes);
  return Zip(entries, options);
}

Result<TensorMap> Read(const std::string& bytes) {
  const TempDir folder;
  return ReadWeights(WriteFile(folder.path() / "x.pth", bytes));
}

void Refused(const std::string& bytes, const std::string& why, Code code = Code::kDataLoss) {
  const auto tensors = Read(bytes);
  REQUIRE_FALSE(tensors.has_value());
  CHECK(tensors.error().code == code);
  CHECK_THAT(tensors.error().message, Catch::Contains(why));
  CHECK_THAT(tensors.error().message, Catch::Contains("x.pth: "));
}

/// A file of one tensor "w" over six floats.
std::string OneTensor(const std::string& tensor) {
  return TorchBytes(Dict({{"w", tensor}}), {{"0", Floats({0, 1, 2, 3, 4, 5})}});
}

const std::string kSix = Storage("0", 6);

TEST_CASE("Published .pth and .bin files hold the same tensors as their safetensors twins",
          "[weights]") {
  int compared = 0;
  for (const auto& item : std::filesystem::directory_iterator(
           testing::ParityFolder::Chosen().Weights("vae").parent_path())) {
    const std::string extension = item.path().extension().string();
    if (extension != ".pth" && extension != ".bin") continue;
    INFO(item.path());
    const auto ours = ReadWeights(item.path());
    REQUIRE(ours.has_value());
    auto twin = ReadWeights(std::filesystem::path(item.path()).replace_extension(".safetensors"));
    REQUIRE(twin.has_value());
    REQUIRE(ours->size() == twin->size());
    for (const auto& [name, tensor] : *ours) {
      INFO(name);
      REQUIRE(twin->contains(name));
      CHECK(tensor.scalar_type() == twin->at(name).scalar_type());
      CHECK(at::equal(tensor, twin->at(name)));
    }
    ++compared;
  }
  CHECK(compared > 0);
}

TEST_CASE("Shapes, strides, offsets and shared storages of a torch file are kept", "[weights]") {
  for (const size_t alignment : {64, 1}) {
    const auto tensors =
        Read(TorchBytes(Dict({{"whole", Tensor(kSix, 0, {2, 3}, {3, 1})},
                              {"turned", Parameter(Tensor(kSix, 0, {3, 2}, {1, 3}))},
                              {"tail", Tensor(kSix, 4, {2}, {1})},
                              {"scalar", Tensor(kSix, 5, {}, {})},
                              {"empty", Tensor(kSix, 6, {0, 4}, {4, 1})},
                              {"nothing", Tensor(Storage("1", 0), 0, {0}, {1})},
                              {"repeated", Tensor(kSix, 2, {3}, {0})},
                              {"version", Whole(3)}},
                             OrderedDict()) +
                            // An OrderedDict's state, which is passed over.
                            Dict({{"_metadata", OrderedDict()}}) + "b",
                        {{"0", Floats({0, 1, 2, 3, 4, 5})}, {"1", ""}}, {.alignment = alignment}));
    REQUIRE(tensors.has_value());
    CHECK(tensors->size() == 7);
    const at::Tensor whole = at::arange(6, at::kFloat).reshape({2, 3});
    CHECK(at::equal(tensors->at("whole"), whole));
    CHECK(at::equal(tensors->at("turned"), whole.t()));
    CHECK(at::equal(tensors->at("tail"), at::tensor({4.0f, 5.0f})));
    CHECK(tensors->at("scalar").item<float>() == 5);
    CHECK(tensors->at("empty").sizes() == at::IntArrayRef({0, 4}));
    CHECK(tensors->at("nothing").numel() == 0);
    CHECK(at::equal(tensors->at("repeated"), at::full({3}, 2.0f)));
    at::Tensor(tensors->at("tail")).fill_(9);
    CHECK(tensors->at("whole")[1][2].item<float>() == 9);
  }
}

TEST_CASE("The shapes of weight files are those of their tensors, of every format and alignment",
          "[weights]") {
  const TempDir folder;
  for (const size_t alignment : {64, 1}) {
    const auto path = WriteFile(
        folder.path() / "x.pth",
        TorchBytes(Dict({{"whole", Tensor(kSix, 0, {2, 3}, {3, 1})},
                         {"scalar", Tensor(kSix, 5, {}, {})},
                         {"empty", Tensor(kSix, 6, {0, 4}, {4, 1})},
                         {"half", Tensor(Storage("1", 2, "HalfStorage"), 0, {2}, {1})}}),
                   {{"0", Floats({0, 1, 2, 3, 4, 5})}, {"1", "abcd"}}, {.alignment = alignment}));
    const auto shapes = ReadShapes(path), tensors = ReadWeights(path);
    REQUIRE(shapes.has_value());
    REQUIRE(shapes->size() == tensors->size());
    for (const auto& [name, tensor] : *tensors) {
      INFO(name);
      CHECK(shapes->at(name).is_meta());
      CHECK(shapes->at(name).sizes() == tensor.sizes());
      CHECK(shapes->at(name).scalar_type() == tensor.scalar_type());
    }
  }
  const auto weights = testing::ParityFolder::Committed().Weights("vae").parent_path();
  for (const auto& item : std::filesystem::directory_iterator(weights)) {
    INFO(item.path());
    const auto shapes = ReadShapes(item.path()), tensors = ReadWeights(item.path());
    REQUIRE(shapes.has_value());
    CHECK(shapes->size() == tensors->size());
    for (const auto& [name, tensor] : *tensors) {
      CHECK(shapes->at(name).sizes() == tensor.sizes());
      CHECK(shapes->at(name).scalar_type() == tensor.scalar_type());
    }
  }
  // What is not all there is refused without its numbers being read.
  const auto cut = WriteFile(folder.path() / "cut.pth",
                             TorchBytes(Dict({{"w", Tensor(kSix, 0, {6}, {1})}}), {{"0", "abcd"}}));
  CHECK(ReadShapes(cut).error().code == Code::kDataLoss);
}

TEST_CASE("Storages of every dtype are read", "[weights]") {
  const std::vector<std::pair<std::string, at::ScalarType>> types = {
      {"DoubleStorage", at::kDouble},     {"FloatStorage", at::kFloat}, {"HalfStorage", at::kHalf},
      {"BFloat16Storage", at::kBFloat16}, {"LongStorage", at::kLong},   {"IntStorage", at::kInt},
      {"ShortStorage", at::kShort},       {"CharStorage", at::kChar},   {"ByteStorage", at::kByte},
      {"BoolStorage", at::kBool}};
  for (const auto& [name, dtype] : types) {
    INFO(name);
    const at::Tensor values = at::tensor({0, 1, 1, 0}).to(dtype);
    const std::string bytes(static_cast<const char*>(values.const_data_ptr()), values.nbytes());
    const auto tensors =
        Read(TorchBytes(Dict({{"w", Tensor(Storage("0", 4, name), 0, {4}, {1})}}), {{"0", bytes}}));
    REQUIRE(tensors.has_value());
    CHECK(tensors->at("w").scalar_type() == dtype);
    CHECK(at::equal(tensors->at("w"), values));
  }
}

TEST_CASE("A tensor of a torch file outlives it, and writing to it leaves the file alone",
          "[weights]") {
  const TempDir folder;
  const auto path = WriteFile(folder.path() / "a.pt", OneTensor(Tensor(kSix, 0, {6}, {1})));
  at::Tensor tensor = TorchFile::Open(path)->Tensor("w").value();
  tensor.add_(1);
  CHECK(tensor.sum().item<float>() == 21.0f);
  CHECK(TorchFile::Open(path)->Tensor("w")->sum().item<float>() == 15.0f);
  CHECK(TorchFile::Open(path)->Tensor("v").error().code == Code::kNotFound);
  CHECK(TorchFile::Open(folder.path() / "no.pt").error().code == Code::kNotFound);
}

TEST_CASE("A Lightning checkpoint gives its state dict, whatever objects lie beside it",
          "[weights]") {
  const auto tensors = Read(
      TorchBytes(Dict({{"callbacks", Call(Global("my.callbacks", "Stopper"), ")")},
                       {"state_dict", Dict({{"net.w", Tensor(kSix, 0, {6}, {1})}}, OrderedDict())},
                       {"optimizer", Tensor(kSix, 0, {6}, {1})}}),
                 {{"0", Floats({0, 1, 2, 3, 4, 5})}}));
  REQUIRE(tensors.has_value());
  CHECK(tensors->size() == 1);
  CHECK(tensors->at("net.w").sum().item<float>() == 15.0f);
}

TEST_CASE("A torch file that calls a function calls nothing, and the tensor on it is named",
          "[weights]") {
  const TempDir folder;
  const auto marker = folder.path() / "called";
  const std::string call = Call(Global("os", "system"),
                                Tuple(std::vector<std::string>{Text("touch " + marker.string())}));
  const std::string good = Tensor(kSix, 0, {6}, {1});
  Refused(OneTensor(call), "`w`: hangs on os.system");
  Refused(OneTensor(Parameter(call)), "`w`: hangs on os.system");
  Refused(OneTensor(Tensor(call, 0, {6}, {1})), "`w`: hangs on os.system");
  Refused(OneTensor(Call(call, ")")), "`w`: hangs on an unnamed call");
  Refused(OneTensor(Global("torch", "FloatTensor")), "`w`: hangs on torch.FloatTensor");
  Refused(OneTensor(Tensor(Storage("0", 6, "QInt8Storage"), 0, {6}, {1})), "torch.QInt8Storage");
  Refused(TorchBytes(call, {}), "holds os.system, not a state dict");
  CHECK(Read(TorchBytes(Dict({{"hook", call}, {"state_dict", Dict({{"w", good}})}}),
                        {{"0", Floats({0, 1, 2, 3, 4, 5})}}))
            .has_value());
  CHECK_FALSE(std::filesystem::exists(marker));
}

TEST_CASE("Tensors that lie about their storage are refused", "[weights]") {
  const auto tensor = [](int64_t offset, const std::vector<int64_t>& sizes,
                         const std::vector<int64_t>& strides) {
    return OneTensor(Tensor(kSix, offset, sizes, strides));
  };
  constexpr int64_t kHuge = int64_t{1} << 58;
  Refused(tensor(0, {7}, {1}), "outside of its storage");
  Refused(tensor(1, {6}, {1}), "outside of its storage");
  Refused(tensor(0, {2, 3}, {4, 1}), "outside of its storage");
  Refused(tensor(6, {}, {}), "outside of its storage");
  Refused(tensor(0, {1'000'000'000'000}, {0}), "outside of its storage");
  Refused(tensor(0, {kHuge, kHuge}, {0, 0}), "outside of its storage");
  Refused(tensor(0, {0, kHuge, kHuge}, {1, 1, 1}), "outside of its storage");
  Refused(tensor(0, {kHuge}, {kHuge}), "outside of its storage");
  Refused(tensor(-1, {2}, {1}), "no good offset");
  Refused(tensor(7, {0}, {1}), "no good offset");
  Refused(tensor(0, {-2}, {1}), "no good offset");
  Refused(tensor(5, {2}, {-1}), "no good offset");
  Refused(tensor(0, {INT64_MAX}, {0}), "no good offset");
  Refused(tensor(0, {2, 2}, {1}), "no good offset");
  Refused(tensor(0, std::vector<int64_t>(17, 1), std::vector<int64_t>(17, 1)), "no good offset");
  Refused(OneTensor(Tensor(Storage("0", 7), 0, {6}, {1})), "fewer bytes than it says");
  Refused(OneTensor(Tensor(Storage("0", INT64_MAX), 0, {6}, {1})), "fewer bytes than it says");
  Refused(OneTensor(Tensor(Storage("0", -1), 0, {0}, {1})), "fewer bytes than it says");
  Refused(OneTensor(Tensor(Storage("1", 6), 0, {6}, {1})), "lacks its storage data/1");
  Refused(OneTensor(Tensor(Text("0") + "Q", 0, {6}, {1})), "storage without type");
  Refused(OneTensor(Call(Global("torch._utils", "_rebuild_tensor_v2"), ")")),
          "without storage, offset");
}

TEST_CASE("Files that are no state dict of torch.save() say what they are", "[weights]") {
  Refused("", "no end record");
  Refused("not a zip file at all, but long enough to hold an end record", "no end record");
  Refused(Zip({{"m/other", "x"}}), "no data.pkl");
  Refused(Zip({{"m/deep/data.pkl", "x"}}), "no data.pkl");
  Refused(Zip({{"m/data.pkl", File("}")}, {"n/data.pkl", File("}")}}), "more than one data.pkl");
  Refused(Zip({{"m/data.pkl", File("}")}, {"m/byteorder", "big"}}), "not little-endian",
          Code::kUnimplemented);
  Refused(Zip({{"m/data.pkl", ""}}), "ends too early");
  Refused(TorchBytes("]", {}), "holds a list, not a state dict");
  Refused(TorchBytes("}", {}), "holds no tensors");
  Refused(TorchBytes(Dict({{"epoch", Whole(3)}}), {}), "holds no tensors");
  const TempDir folder;
  CHECK(ReadWeights(WriteFile(folder.path() / "x.onnx", "")).error().code == Code::kUnimplemented);
}

/// As PyTorch before 1.6 wrote it: `storages` are bytes behind their number of elements.
std::string LegacyBytes(const std::string& value, const std::vector<std::string>& keys,
                        const std::string& storages, const std::string& little_endian = "\x88",
                        int64_t protocol = 1001) {
  std::string list = "](";
  for (const std::string& key : keys) list += Text(key);
  const std::string magic("\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.", 15);
  return magic + File(Whole(protocol)) + File(Dict({{"little_endian", little_endian}})) +
         File(value) + File(list + "e") + storages;
}

TEST_CASE("Files of PyTorch before 1.6 are read: storages shared, of several types, unaligned",
          "[weights]") {
  const std::string half("\x00\x3c\x00\xc0", 4);  // 1, -2
  const auto tensors = Read(
      LegacyBytes(Dict({{"a", Tensor(Storage("94", 6), 1, {2, 2}, {2, 1})},
                        {"b", Tensor(Storage("94", 6), 5, {1}, {1})},
                        {"h", Tensor(Storage("7", 2, "HalfStorage"), 0, {2}, {1})}}),
                  {"7", "94"}, Little(2, 8) + half + Little(6, 8) + Floats({0, 1, 2, 3, 4, 5})));
  REQUIRE(tensors.has_value());
  CHECK(at::equal(tensors->at("a"), at::tensor({1.f, 2.f, 3.f, 4.f}).view({2, 2})));
  CHECK(at::equal(tensors->at("b"), at::tensor({5.f})));
  CHECK(at::equal(tensors->at("h").to(at::kFloat), at::tensor({1.f, -2.f})));
}

TEST_CASE("An OrderedDict made from a list of pairs, as Python 2 writes it, is a state dict",
          "[weights]") {
  const std::string pair = "](" + Text("w") + Tensor(kSix, 4, {2}, {1}) + "e";
  const std::string dict = Call(Global("collections", "OrderedDict"), "(](" + pair + "]" + "]et");
  const auto tensors = Read(LegacyBytes(dict, {"0"}, Little(6, 8) + Floats({0, 1, 2, 3, 4, 5})));
  REQUIRE(tensors.has_value());
  CHECK(tensors->size() == 1);
  CHECK(at::equal(tensors->at("w"), at::tensor({4.f, 5.f})));
}

TEST_CASE("Damaged files of PyTorch before 1.6 say what is wrong", "[weights]") {
  const std::string one = Dict({{"w", Tensor(kSix, 0, {6}, {1})}});
  const std::string six = Little(6, 8) + Floats({0, 1, 2, 3, 4, 5});
  REQUIRE(Read(LegacyBytes(one, {"0"}, six)).has_value());
  Refused(LegacyBytes(one, {"0"}, six.substr(0, 31)), "ends before its storages");
  Refused(LegacyBytes(one, {"0"}, "1234567"), "ends before its storages");
  Refused(LegacyBytes(one, {"0"}, Little(UINT64_MAX, 8) + six), "ends before its storages");
  Refused(LegacyBytes(one, {"0"}, Little(5, 8) + six), "fewer bytes than it says");
  Refused(LegacyBytes(one, {"1"}, six), "that no tensor names");
  Refused(LegacyBytes(one, {}, six), "lacks its storage");
  Refused(LegacyBytes(one, {"0"}, six, "\x88", 1000), "other than 1001");
  Refused(LegacyBytes(one, {"0"}, six, "\x89"), "not little-endian", Code::kUnimplemented);
  const std::string whole = LegacyBytes(one, {"0"}, six);
  for (size_t size = 14; size < whole.size(); ++size) {
    INFO(size);
    CHECK_FALSE(Read(whole.substr(0, size)).has_value());
  }
}

TEST_CASE("Parameters wrapped in parameters without end are refused", "[weights]") {
  std::string tensor = Tensor(kSix, 0, {6}, {1});
  for (int i = 0; i < 2000; ++i) tensor = Parameter(tensor);
  Refused(OneTensor(tensor), "hangs on torch._utils._rebuild_parameter");
}

/// Opens, reads every tensor's every byte, and says whether that went well.
bool Survives(const std::filesystem::path& path) {
  const auto tensors = ReadWeights(path);
  if (!tensors.has_value()) {
    CHECK_FALSE(tensors.error().message.empty());
    return false;
  }
  for (const auto& [name, tensor] : *tensors) tensor.to(at::kDouble).sum();
  return true;
}

TEST_CASE("A torch file cut anywhere is refused", "[weights]") {
  const TempDir folder;
  const auto path = WriteFile(folder.path() / "x.pth", OneTensor(Tensor(kSix, 0, {6}, {1})));
  REQUIRE(Survives(path));
  for (uintmax_t length = std::filesystem::file_size(path); length-- > 0;) {
    std::filesystem::resize_file(path, length);
    CHECK_FALSE(Survives(path));
  }
}

TEST_CASE("Torch files with flipped and overwritten bytes never crash the reader", "[weights]") {
  const TempDir folder;
  const std::string good =
      TorchBytes(Dict({{"a", Tensor(kSix, 0, {2, 3}, {3, 1})},
                       {"b", Parameter(Tensor(kSix, 1, {2}, {2}))},
                       {"c", Tensor(Storage("1", 2, "LongStorage"), 0, {2}, {1})}}),
                 {{"0", Floats({0, 1, 2, 3, 4, 5})}, {"1", std::string(16, '\1')}},
                 {.alignment = 8, .zip64 = true});
  const auto path = WriteFile(folder.path() / "x.pth", good);
  Random random(20260);
  int read = 0, refused = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string bytes = good;
    for (int change = 1 + random.Index(4); change > 0; --change) {
      const auto at = static_cast<size_t>(random.Index(static_cast<int>(bytes.size())));
      const int flipped = bytes[at] ^ (1 << random.Index(8));
      bytes[at] = static_cast<char>(random.Chance(0.5) ? flipped : random.Index(256));
    }
    // In place: cutting a file to nothing first costs a flush to the disk each time.
    std::fstream(path, std::ios::in | std::ios::out | std::ios::binary) << bytes;
    (Survives(path) ? read : refused) += 1;
  }
  CHECK(read > 0);
  CHECK(refused > 0);
}

}  // namespace
}  // namespace atelier::engine
