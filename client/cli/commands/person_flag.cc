#include "client/cli/commands/person_flag.h"

#include <cmath>

namespace atelier::cli {

void AddPersonFlag(CLI::App& command, const std::string& name, const std::string& about,
                   std::vector<float>& numbers) {
  command
      .add_option(name, numbers,
                  "Which person of " + about +
                      ": N, 0 = the largest, or LEFT,TOP,RIGHT,BOTTOM in pixels around them")
      ->delimiter(',')
      ->expected(1, 4);
}

Status SetPerson(const std::vector<float>& numbers, const std::string& flag,
                 v1::PersonChoice& person) {
  if (numbers.size() == 1 && std::trunc(numbers[0]) == numbers[0]) {
    person.set_index(static_cast<int>(numbers[0]));
    return {};
  }
  if (numbers.size() != 4) {
    return InvalidField(flag, "one whole number or four numbers, LEFT,TOP,RIGHT,BOTTOM",
                        std::to_string(numbers.size()) + " numbers");
  }
  v1::Box& box = *person.mutable_box();
  box.set_left(numbers[0]);
  box.set_top(numbers[1]);
  box.set_right(numbers[2]);
  box.set_bottom(numbers[3]);
  return {};
}

}  // namespace atelier::cli
