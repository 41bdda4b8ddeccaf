#include "engine/weights/pickle.h"

#include <algorithm>
#include <bit>
#include <unordered_map>
#include <utility>

namespace atelier::engine {
namespace {

using Kind = PickleValue::Kind;
using Values = std::vector<const PickleValue*>;

/// Seventy times what the published denoising UNet takes; bounds the tree to some 200 MB.
constexpr size_t kMaxOperations = 2'000'000;

// Opcodes by the names of Python's pickletools. Text opcodes of protocols 0 and 1 that no binary
// pickle uses are left out, and so are extension codes: both are errors.
enum Opcode : unsigned char {
  kMark = '(',
  kStop = '.',
  kPop = '0',
  kPopMark = '1',
  kDup = '2',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersistentId = 'Q',
  kReduce = 'R',
  kBinString = 'T',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kEmptyList = ']',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kEmptyDict = '}',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kList = 'l',
  kDict = 'd',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kEmptyTuple = ')',
  kSetItems = 'u',
  kBinBytes = 'B',
  kShortBinBytes = 'C',
  kProtocol = 0x80,
  kNewObject = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
  kLong4 = 0x8b,
  kShortBinUnicode = 0x8c,
  kBinUnicode8 = 0x8d,
  kBinBytes8 = 0x8e,
  kEmptySet = 0x8f,
  kAddItems = 0x90,
  kFrozenSet = 0x91,
  kNewObjectWithKeywords = 0x92,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
};

}  // namespace

/// The stack machine of the format. The first failure is kept; after it every read gives nothing.
class PickleMachine {
 public:
  PickleMachine(std::string_view bytes, Pickle& pickle) : bytes_(bytes), pickle_(pickle) {}

  Status Run() {
    for (size_t operations = 0; pickle_.root_ == nullptr; ++operations) {
      if (operations == kMaxOperations) {
        return MakeError(Code::kResourceExhausted, "PICKLE_TOO_LARGE",
                         "the pickle has more than two million opcodes");
      }
      const size_t at = position_;
      const auto opcode = static_cast<unsigned char>(Number(1));
      const bool known = failure_ != nullptr || Scalar(opcode) || Container(opcode) ||
                         Object(opcode) || Memory(opcode);
      if (!known) failure_ = "has an opcode that is not read";
      if (failure_ != nullptr) {
        return MakeError(
            Code::kDataLoss, "BAD_PICKLE",
            std::string("the pickle ") + failure_ + " (byte " + std::to_string(at) + ")");
      }
    }
    pickle_.size_ = position_;
    return {};
  }

 private:
  bool Fail(const char* what) {
    if (failure_ == nullptr) failure_ = what;
    return true;
  }

  std::string_view Take(uint64_t count) {
    if (failure_ != nullptr || count > bytes_.size() - position_) {
      Fail("ends too early");
      return {};
    }
    position_ += count;
    return bytes_.substr(position_ - count, count);
  }
  uint64_t Number(size_t count) {
    uint64_t value = 0;
    const std::string_view digits = Take(count);
    for (size_t i = 0; i < digits.size(); ++i) {
      value |= uint64_t{static_cast<unsigned char>(digits[i])} << (8 * i);
    }
    return value;
  }
  std::string_view Line() {
    const size_t end = bytes_.find('\n', position_);
    if (end == std::string_view::npos) {
      Fail("ends too early");
      return {};
    }
    const std::string_view line = Take(end - position_);
    Take(1);
    return line;
  }

  PickleValue* Make(Kind kind) {
    PickleValue& value = pickle_.values_.emplace_back();
    value.kind = kind;
    return &value;
  }
  // What handles an opcode returns true; a failure is in failure_.
  bool Push(PickleValue* value) {
    stack_.push_back(value);
    return true;
  }
  bool PushNumber(Kind kind, int64_t number) {
    PickleValue* value = Make(kind);
    value->number = number;
    return Push(value);
  }
  bool PushText(Kind kind, std::string_view text) {
    PickleValue* value = Make(kind);
    value->text = text;
    return Push(value);
  }
  bool PushItems(Kind kind, Values items) {
    PickleValue* value = Make(kind);
    value->items = std::move(items);
    return Push(value);
  }

  bool PushMark() {
    marks_.push_back(stack_.size());
    return true;
  }

  /// What lies below the last mark is not to be reached.
  bool Holds(size_t count) {
    if (stack_.size() - (marks_.empty() ? 0 : marks_.back()) >= count) return true;
    Fail("takes more from its stack than there is");
    return false;
  }
  PickleValue* Pop() {
    if (!Holds(1)) return &nothing_;
    PickleValue* value = stack_.back();
    stack_.pop_back();
    return value;
  }
  PickleValue* Top() { return Holds(1) ? stack_.back() : &nothing_; }
  Values PopLast(size_t count) {
    if (!Holds(count)) return {};
    Values items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }
  Values PopToMark() {
    if (marks_.empty()) {
      Fail("lacks a mark");
      return {};
    }
    Values items = PopLast(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  /// Adds to a list or a set; a call's result is inert and takes nothing.
  bool Extend(const Values& items) {
    PickleValue* target = Top();
    if (target->Is(Kind::kCall)) return true;
    if (!target->Is(Kind::kList)) return Fail("appends to something that is no list");
    target->items.insert(target->items.end(), items.begin(), items.end());
    return true;
  }
  bool SetItems(const Values& items) {
    PickleValue* target = Top();
    if (items.size() % 2 != 0) return Fail("has a key without a value");
    if (!target->Is(Kind::kDict) && !target->Is(Kind::kCall)) {
      return Fail("sets a key of something that is no dictionary");
    }
    target->items.insert(target->items.end(), items.begin(), items.end());
    return true;
  }
  bool Call(const PickleValue* callable, const PickleValue* arguments) {
    PickleValue* value = Make(Kind::kCall);
    value->callable = callable;
    value->arguments = arguments;
    return Push(value);
  }

  bool Scalar(unsigned char opcode);
  bool PushLong(uint64_t count);
  bool Container(unsigned char opcode);
  bool Object(unsigned char opcode);
  bool Memory(unsigned char opcode);
  bool Remember(uint64_t index) {
    memo_[index] = Top();
    return true;
  }
  bool Recall(uint64_t index) {
    const auto found = memo_.find(index);
    return found == memo_.end() ? Fail("recalls what it never stored") : Push(found->second);
  }
  /// Passes over what was read.
  template <typename T>
  static bool Drop(T&&) {
    return true;
  }

  std::string_view bytes_;
  Pickle& pickle_;
  size_t position_ = 0;
  const char* failure_ = nullptr;
  std::vector<PickleValue*> stack_;
  std::vector<size_t> marks_;
  // By index, not an array: an index of four billion costs one entry.
  std::unordered_map<uint64_t, PickleValue*> memo_;
  PickleValue nothing_;
};

bool PickleMachine::Scalar(unsigned char opcode) {
  switch (opcode) {
    case kNone:
      return Push(Make(Kind::kNone));
    case kNewTrue:
      return PushNumber(Kind::kBool, 1);
    case kNewFalse:
      return PushNumber(Kind::kBool, 0);
    case kBinInt:
      return PushNumber(Kind::kInt, static_cast<int32_t>(Number(4)));
    case kBinInt1:
      return PushNumber(Kind::kInt, static_cast<int64_t>(Number(1)));
    case kBinInt2:
      return PushNumber(Kind::kInt, static_cast<int64_t>(Number(2)));
    case kLong1:
      return PushLong(Number(1));
    case kLong4:
      return PushLong(Number(4));
    case kBinFloat: {
      uint64_t bits = 0;  // the one big-endian number of the format
      for (const char byte : Take(8)) bits = (bits << 8) | static_cast<unsigned char>(byte);
      PickleValue* value = Make(Kind::kFloat);
      value->real = std::bit_cast<double>(bits);
      return Push(value);
    }
    case kShortBinUnicode:
      return PushText(Kind::kString, Take(Number(1)));
    case kBinUnicode:
      return PushText(Kind::kString, Take(Number(4)));
    case kBinUnicode8:
      return PushText(Kind::kString, Take(Number(8)));
    // Python 2's str: what PyTorch of those days wrote keys with.
    case kShortBinString:
      return PushText(Kind::kString, Take(Number(1)));
    case kBinString:
      return PushText(Kind::kString, Take(Number(4)));
    case kShortBinBytes:
      return PushText(Kind::kBytes, Take(Number(1)));
    case kBinBytes:
      return PushText(Kind::kBytes, Take(Number(4)));
    case kBinBytes8:
      return PushText(Kind::kBytes, Take(Number(8)));
    default:
      return false;
  }
}

/// Two's complement, little-endian, of any length; those that do not fit stay bytes.
bool PickleMachine::PushLong(uint64_t count) {
  const std::string_view digits = Take(count);
  if (digits.size() > 8) return PushText(Kind::kBytes, digits);
  uint64_t value = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    value |= uint64_t{static_cast<unsigned char>(digits[i])} << (8 * i);
  }
  const size_t unused = 64 - 8 * digits.size();
  const bool negative = !digits.empty() && (static_cast<unsigned char>(digits.back()) & 0x80) != 0;
  if (negative && unused > 0) value |= ~uint64_t{0} << (64 - unused);
  return PushNumber(Kind::kInt, static_cast<int64_t>(value));
}

bool PickleMachine::Container(unsigned char opcode) {
  switch (opcode) {
    case kMark:
      return PushMark();
    case kPop:
      return Drop(Pop());
    case kPopMark:
      return Drop(PopToMark());
    case kDup:
      return Push(Top());
    case kEmptyTuple:
      return Push(Make(Kind::kTuple));
    case kTuple1:
      return PushItems(Kind::kTuple, PopLast(1));
    case kTuple2:
      return PushItems(Kind::kTuple, PopLast(2));
    case kTuple3:
      return PushItems(Kind::kTuple, PopLast(3));
    case kTuple:
      return PushItems(Kind::kTuple, PopToMark());
    case kEmptyList:
    case kEmptySet:
      return Push(Make(Kind::kList));
    case kList:
    case kFrozenSet:
      return PushItems(Kind::kList, PopToMark());
    case kAppend:
      return Extend(PopLast(1));
    case kAppends:
    case kAddItems:
      return Extend(PopToMark());
    case kEmptyDict:
      return Push(Make(Kind::kDict));
    case kDict: {
      const Values items = PopToMark();
      Push(Make(Kind::kDict));
      SetItems(items);
      return true;
    }
    case kSetItem:
      return SetItems(PopLast(2));
    case kSetItems:
      return SetItems(PopToMark());
    default:
      return false;
  }
}

bool PickleMachine::Object(unsigned char opcode) {
  switch (opcode) {
    case kGlobal: {
      PickleValue* value = Make(Kind::kGlobal);
      value->module = Line();
      value->text = Line();
      return Push(value);
    }
    case kStackGlobal: {
      const PickleValue* name = Pop();
      const PickleValue* module = Pop();
      PickleValue* value = Make(Kind::kGlobal);
      value->module = module->text;
      value->text = name->text;
      return Push(value);
    }
    case kReduce:
    case kNewObject: {
      const PickleValue* arguments = Pop();
      return Call(Pop(), arguments);
    }
    case kNewObjectWithKeywords: {
      Pop();
      const PickleValue* arguments = Pop();
      return Call(Pop(), arguments);
    }
    // The state of an object that nobody makes: an OrderedDict's _metadata, say.
    case kBuild:
      return Drop(Pop()) && Drop(Top());
    case kBinPersistentId: {
      const PickleValue* id = Pop();
      PickleValue* value = Make(Kind::kPersistent);
      value->arguments = id;
      return Push(value);
    }
    default:
      return false;
  }
}

bool PickleMachine::Memory(unsigned char opcode) {
  switch (opcode) {
    case kBinPut:
      return Remember(Number(1));
    case kLongBinPut:
      return Remember(Number(4));
    case kMemoize:
      return Remember(memo_.size());
    case kBinGet:
      return Recall(Number(1));
    case kLongBinGet:
      return Recall(Number(4));
    case kProtocol:
      if (const uint64_t protocol = Number(1); protocol < 2 || protocol > 5) {
        Fail("is of a protocol other than 2 to 5");
      }
      return true;
    case kFrame:
      return Drop(Number(8));
    case kStop:
      if (const PickleValue* root = Pop(); failure_ == nullptr) pickle_.root_ = root;
      return true;
    default:
      return false;
  }
}

Result<Pickle> Pickle::Parse(std::string_view bytes) {
  Pickle pickle;
  PickleMachine machine(bytes, pickle);
  ATELIER_RETURN_IF_ERROR(machine.Run());
  return pickle;
}

std::string PickleValue::Describe() const {
  const auto dotted = [](const PickleValue& name) {
    return std::string(name.module.substr(0, 60)) + "." + std::string(name.text.substr(0, 60));
  };
  switch (kind) {
    case Kind::kNone:
      return "None";
    case Kind::kBool:
      return "a truth value";
    case Kind::kInt:
    case Kind::kFloat:
      return "a number";
    case Kind::kString:
      return "text";
    case Kind::kBytes:
      return "bytes";
    case Kind::kTuple:
      return "a tuple";
    case Kind::kList:
      return "a list";
    case Kind::kDict:
      return "a dictionary";
    case Kind::kGlobal:
      return dotted(*this);
    case Kind::kCall:
      return callable->Is(Kind::kGlobal) ? dotted(*callable) : "an unnamed call";
    case Kind::kPersistent:
      return "an object outside of the pickle";
  }
  return "nothing";
}

}  // namespace atelier::engine
