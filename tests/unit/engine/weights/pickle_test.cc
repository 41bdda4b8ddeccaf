#include "engine/weights/pickle.h"

#include "support/catch_torch.h"
#include "support/torch_bytes.h"

namespace atelier::engine {
namespace {

using namespace testing::pickle;  // NOLINT: the little language these tests are written in
using Kind = PickleValue::Kind;
using testing::Little;

void Refused(const std::string& bytes, const std::string& why) {
  const auto pickle = Pickle::Parse(bytes);
  REQUIRE_FALSE(pickle.has_value());
  CHECK(pickle.error().code == Code::kDataLoss);
  CHECK_THAT(pickle.error().message, Catch::Contains(why));
}

std::string Repeated(const std::string& text, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

TEST_CASE("Plain values of a pickle are read with their own sizes and signs", "[weights]") {
  // pickle.dumps((None, True, 7, 300, -2, 2**40, -2**40, 1.5, 'é', [1], {'a': 2}), 2)
  const std::string bytes(
      "\x80\x02(N\x88K\x07M\x2c\x01J\xfe\xff\xff\xff\x8a\x06\x00\x00\x00\x00\x00\x01"
      "\x8a\x06\x00\x00\x00\x00\x00\xffG?\xf8\x00\x00\x00\x00\x00\x00X\x02\x00\x00\x00\xc3\xa9"
      "q\x00]q\x01K\x01"
      "a}q\x02X\x01\x00\x00\x00"
      "aq\x03K\x02stq\x04.",
      73);
  const auto pickle = Pickle::Parse(bytes);
  REQUIRE(pickle.has_value());
  const PickleValue& root = pickle->root();
  REQUIRE(root.Is(Kind::kTuple));
  REQUIRE(root.items.size() == 11);
  CHECK(root.items[0]->Is(Kind::kNone));
  CHECK(root.items[1]->number == 1);
  CHECK(root.items[2]->number == 7);
  CHECK(root.items[3]->number == 300);
  CHECK(root.items[4]->number == -2);
  CHECK(root.items[5]->number == int64_t{1} << 40);
  CHECK(root.items[6]->number == -(int64_t{1} << 40));
  CHECK(root.items[7]->real == 1.5);
  CHECK(root.items[8]->text == "\xc3\xa9");
  CHECK(root.items[9]->items.at(0)->number == 1);
  CHECK(root.items[10]->items.at(0)->text == "a");
  CHECK(root.items[10]->items.at(1)->number == 2);
}

TEST_CASE("What a pickle would call is recorded and stays inert", "[weights]") {
  // Trees are views into their bytes.
  const std::string call =
      File(Call(Global("os", "system"), Tuple(std::vector<std::string>{Text("false")})));
  const auto pickle = Pickle::Parse(call);
  REQUIRE(pickle.has_value());
  CHECK(pickle->root().IsCallOf("os", "system"));
  CHECK(pickle->root().Describe() == "os.system");
  CHECK(pickle->root().arguments->items.at(0)->text == "false");
  // Objects by NEWOBJ, protocol 4's names, and state that is set in them.
  const std::string object = File(Text("os") + Text("system") + "\x93)\x81}b");
  const auto made = Pickle::Parse(object);
  REQUIRE(made.has_value());
  CHECK(made->root().IsCallOf("os", "system"));
}

TEST_CASE("A pickle cut anywhere is refused", "[weights]") {
  const std::string bytes =
      File(Dict({{"a", Tensor(Storage("0", 4), 0, {2, 2}, {2, 1})}, {"b", "G12345678"}}));
  REQUIRE(Pickle::Parse(bytes).has_value());
  for (size_t length = 0; length < bytes.size(); ++length) {
    Refused(bytes.substr(0, length), "ends too early");
  }
}

TEST_CASE("Opcodes that take what is not there are refused", "[weights]") {
  Refused(File(""), "takes more from its stack");
  Refused(File("0"), "takes more from its stack");
  Refused(File("(0"), "takes more from its stack");
  Refused(File("N\x87"), "takes more from its stack");
  Refused(File("N(s"), "takes more from its stack");
  Refused(File("R"), "takes more from its stack");
  Refused(File("t"), "lacks a mark");
  Refused(File("Nu"), "lacks a mark");
  Refused(File("}(Nu"), "key without a value");
  Refused(File("]NNs"), "no dictionary");
  Refused(File("}Na"), "no list");
  Refused(File("h\x05"), "never stored");
  Refused(File(std::string("X") + Little(0xffffffff, 4) + "abc"), "ends too early");
  Refused(File(std::string("\x8d") + Little(UINT64_MAX, 8) + "abc"), "ends too early");
  Refused(File(std::string("\x8b") + Little(0xffffffff, 4)), "ends too early");
  Refused(File("cos\nsystem"), "ends too early");
  Refused("\x80\x01N.", "protocol");
  Refused(File("I1\n"), "an opcode that is not read");
  Refused(File("\x82\x01"), "an opcode that is not read");
  Refused(std::string(1, '\0'), "an opcode that is not read");
}

TEST_CASE("Deep nesting and cycles neither recurse nor hang", "[weights]") {
  constexpr size_t kDepth = 400'000;
  CHECK(Pickle::Parse(File(Repeated("]", kDepth) + Repeated("a", kDepth - 1))).has_value());
  CHECK(Pickle::Parse(File(std::string("N") + Repeated("\x85", kDepth))).has_value());
  CHECK(Pickle::Parse(File(Repeated("(", kDepth) + Repeated("t", kDepth))).has_value());
  const auto cycle =
      Pickle::Parse(File("]q\x01h\x01"
                         "a"));
  REQUIRE(cycle.has_value());
  CHECK(cycle->root().items.at(0) == &cycle->root());
}

TEST_CASE("Memo bombs cost what their opcodes cost", "[weights]") {
  // Sixty lists, each ten times the one before it: 10^60 leaves if anybody walked them.
  std::string bomb = "]q" + std::string(1, '\0');
  for (int level = 1; level <= 60; ++level) {
    const std::string before = std::string("h") + static_cast<char>(level - 1);
    bomb += std::string("](") + Repeated(before, 10) + "eq" + static_cast<char>(level);
  }
  const auto pickle = Pickle::Parse(File(bomb));
  REQUIRE(pickle.has_value());
  CHECK(pickle->root().items.size() == 10);
  // A memo index of four billion is one entry, not an array.
  CHECK(Pickle::Parse(File(std::string("Nr") + Little(0xffffffff, 4) + "j" + Little(0xffffffff, 4)))
            .has_value());
  const auto endless = Pickle::Parse(File(Repeated("N", 3'000'000)));
  REQUIRE_FALSE(endless.has_value());
  CHECK(endless.error().code == Code::kResourceExhausted);
}

}  // namespace
}  // namespace atelier::engine
