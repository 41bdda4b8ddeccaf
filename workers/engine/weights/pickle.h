// Pickle: reads Python's pickle format (the binary opcodes of protocols 2 to 4) as data.
//
// Nothing is ever called. Where Python would look a name up, a kGlobal is made; where it would call
// something, a kCall that records what would have been called with what. What these mean is for the
// reader of the tree to say; one that it does not know stays inert.
//
// The tree may share nodes and, in hostile files, hold cycles: never walk it without a bound. No
// step here recurses, and every opcode costs a bounded amount of memory.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace atelier::engine {

struct PickleValue {
  enum class Kind {
    kNone,
    kBool,
    kInt,
    kFloat,
    kString,
    kBytes,  // also whole numbers of more than 64 bits
    kTuple,
    kList,        // also sets
    kDict,        // items: key, value, key, value, ...
    kGlobal,      // module.text
    kCall,        // callable(*arguments); items: what was then set in it, as in a kDict
    kPersistent,  // an object outside of the pickle; arguments: its id
  };
  Kind kind = Kind::kNone;
  int64_t number = 0;  // kBool, kInt
  double real = 0;     // kFloat
  std::string_view module, text;
  std::vector<const PickleValue*> items;
  const PickleValue* callable = nullptr;
  const PickleValue* arguments = nullptr;

  bool Is(Kind wanted) const { return kind == wanted; }
  bool IsGlobal(std::string_view in_module, std::string_view name) const {
    return kind == Kind::kGlobal && module == in_module && text == name;
  }
  /// kCall of that name.
  bool IsCallOf(std::string_view in_module, std::string_view name) const {
    return kind == Kind::kCall && callable->IsGlobal(in_module, name);
  }
  /// For messages: "os.system", "a list".
  std::string Describe() const;
};

class Pickle {
 public:
  /// `bytes` must outlive the pickle: texts are views into it. DATA_LOSS says what is wrong and at
  /// which byte; RESOURCE_EXHAUSTED when it has more than two million opcodes.
  static Result<Pickle> Parse(std::string_view bytes);
  const PickleValue& root() const { return *root_; }
  /// Everything in it, in the order it was made; nothing of another pickle is among it.
  const std::deque<PickleValue>& values() const { return values_; }
  /// Bytes from its start to its end: where the next pickle of the same file begins.
  size_t size() const { return size_; }

 private:
  friend class PickleMachine;
  // A deque: addresses last.
  std::deque<PickleValue> values_;
  const PickleValue* root_ = nullptr;
  size_t size_ = 0;
};

}  // namespace atelier::engine
