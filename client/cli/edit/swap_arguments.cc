#include "client/cli/edit/swap_arguments.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "client/cli/commands/person_flag.h"
#include "client/sendable.h"
#include "limits/limits.h"

namespace atelier::cli {

namespace {

constexpr char kSwap[] = "--swap";
constexpr char kGarment[] = "--garment";
constexpr char kColour[] = "--colour";
constexpr char kPattern[] = "--pattern";
constexpr char kBackground[] = "--background";
constexpr char kStrength[] = "--strength";
constexpr char kSwapPerson[] = "--swap-person";
constexpr char kTransparent[] = "transparent";

struct SwapFlag {
  const char* name;
  const char* value;
  std::string help;
};

std::vector<SwapFlag> SwapFlags() {
  const std::string strength = RuleOf<v1::RegionSwap>("strength");
  const std::string width = RuleOf<v1::Pattern>("width_metres");
  return {
      {kSwap, "REGION=FILE",
       "The region of the person in another picture. REGION is " + std::string(kRegionWords) +
           "; may be given again, as all of these, and goes in the order of the command line"},
      {kGarment, "REGION=FILE", "A picture of the garment alone, for upper or lower"},
      {kColour, "REGION=COLOUR",
       "The same in another colour, '#rrggbb', of what is worn, hair or background"},
      {kPattern, "REGION=FILE[:METRES]",
       "The same garment of printed cloth, the picture so wide, " + width + "; default: 0.25"},
      {kBackground, "FILE|COLOUR|transparent", "Another background"},
      {kStrength, "REGION=NUMBER", "How much of its change is seen, " + strength},
      {kSwapPerson, "REGION=N|BOX",
       "Which person of its picture: N, 0 = the largest, or LEFT,TOP,RIGHT,BOTTOM in pixels around "
       "them"}};
}

/// REGION=REST of an argument.
struct Parted {
  v1::RegionName region;
  std::string rest;
};

Result<Parted> Part(const SwapArgument& argument, std::string_view rest_rule) {
  const size_t equals = argument.value.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == argument.value.size()) {
    return client::BadArgument(argument.flag, "REGION=" + std::string(rest_rule), argument.value);
  }
  Parted parted;
  ATELIER_ASSIGN_OR_RETURN(parted.region,
                           RegionOf(argument.value.substr(0, equals), argument.flag));
  parted.rest = argument.value.substr(equals + 1);
  return parted;
}

/// All of `text` as a number.
std::optional<double> NumberOf(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return number;
}

Result<v1::Colour> ColourOf(const std::string& text, const std::string& flag) {
  uint32_t rgb = 0;
  const char* const first = text.data() + 1;
  const char* const last = text.data() + text.size();
  if (text.size() == 7 && text[0] == '#') {
    const auto [end, error] = std::from_chars(first, last, rgb, 16);
    if (error == std::errc() && end == last) {
      v1::Colour colour;
      colour.set_red(static_cast<int>(rgb >> 16));
      colour.set_green(static_cast<int>(rgb >> 8 & 0xFF));
      colour.set_blue(static_cast<int>(rgb & 0xFF));
      return colour;
    }
  }
  return client::BadArgument(flag, "a colour as #rrggbb, quoted in a shell", text);
}

/// FILE or FILE:METRES.
struct PatternText {
  std::string file;
  std::optional<double> metres;
};

PatternText PatternTextOf(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return {text, {}};
  const auto metres = NumberOf(std::string_view(text).substr(colon + 1));
  return metres ? PatternText{text.substr(0, colon), metres} : PatternText{text, {}};
}

bool IsFile(const std::string& background) {
  return background != kTransparent && !background.starts_with('#');
}

Status SetBackground(const SwapArgument& argument, v1::RegionSwap& swap) {
  swap.mutable_region()->set_region(v1::BODY_REGION_BACKGROUND);
  if (argument.value == kTransparent) {
    swap.set_transparent(true);
  } else if (IsFile(argument.value)) {
    ATELIER_ASSIGN_OR_RETURN(*swap.mutable_background(), PictureFromInput(argument.value));
  } else {
    ATELIER_ASSIGN_OR_RETURN(*swap.mutable_colour(), ColourOf(argument.value, argument.flag));
  }
  return {};
}

Status SetSource(const SwapArgument& argument, v1::RegionSwap& swap) {
  if (argument.flag == kBackground) return SetBackground(argument, swap);
  ATELIER_ASSIGN_OR_RETURN(const Parted parted,
                           Part(argument, argument.flag == kColour ? "#rrggbb" : "FILE"));
  *swap.mutable_region() = parted.region;
  if (argument.flag == kSwap) {
    ATELIER_ASSIGN_OR_RETURN(*swap.mutable_person(), PictureFromInput(parted.rest));
  } else if (argument.flag == kGarment) {
    ATELIER_ASSIGN_OR_RETURN(*swap.mutable_garment(), PictureFromInput(parted.rest));
  } else if (argument.flag == kColour) {
    ATELIER_ASSIGN_OR_RETURN(*swap.mutable_colour(), ColourOf(parted.rest, argument.flag));
  } else {
    const PatternText text = PatternTextOf(parted.rest);
    ATELIER_ASSIGN_OR_RETURN(*swap.mutable_pattern()->mutable_picture(),
                             PictureFromInput(text.file));
    if (text.metres) swap.mutable_pattern()->set_width_metres(*text.metres);
  }
  return {};
}

bool IsSame(const v1::RegionName& one, const v1::RegionName& other) {
  return one.name_case() == other.name_case() && one.region() == other.region() &&
         one.part() == other.part();
}

Result<v1::RegionSwap*> SwapOf(const v1::RegionName& region, const SwapArgument& argument,
                               v1::EditSpec& spec) {
  for (v1::RegionSwap& swap : *spec.mutable_swaps()) {
    if (IsSame(swap.region(), region)) return &swap;
  }
  return client::BadArgument(argument.flag, "of a region that is changed", argument.value);
}

Status SetStrength(const SwapArgument& argument, v1::EditSpec& spec) {
  ATELIER_ASSIGN_OR_RETURN(const Parted parted, Part(argument, "NUMBER"));
  ATELIER_ASSIGN_OR_RETURN(v1::RegionSwap* const swap, SwapOf(parted.region, argument, spec));
  const auto strength = NumberOf(parted.rest);
  if (!strength) return client::BadArgument(argument.flag, "REGION=NUMBER", argument.value);
  swap->set_strength(*strength);
  return {};
}

Status SetSwapPerson(const SwapArgument& argument, v1::EditSpec& spec) {
  ATELIER_ASSIGN_OR_RETURN(const Parted parted,
                           Part(argument, "N or REGION=LEFT,TOP,RIGHT,BOTTOM"));
  ATELIER_ASSIGN_OR_RETURN(v1::RegionSwap* const swap, SwapOf(parted.region, argument, spec));
  std::vector<float> numbers;
  for (size_t at = 0; at <= parted.rest.size();) {
    const size_t comma = std::min(parted.rest.find(',', at), parted.rest.size());
    const auto number = NumberOf(std::string_view(parted.rest).substr(at, comma - at));
    if (!number) {
      return client::BadArgument(argument.flag, "REGION=N or REGION=LEFT,TOP,RIGHT,BOTTOM",
                                 argument.value);
    }
    numbers.push_back(static_cast<float>(*number));
    at = comma + 1;
  }
  return SetPerson(numbers, argument.flag, *swap->mutable_person_choice());
}

}  // namespace

void AddSwapFlags(CLI::App& command) {
  for (const SwapFlag& flag : SwapFlags()) {
    command.add_option(flag.name, flag.help)
        ->type_name(flag.value)
        ->type_size(1)
        ->expected(1, CLI::detail::expected_max_vector_size)
        ->allow_extra_args(false);
  }
}

std::vector<SwapArgument> SwapArgumentsOf(const CLI::App& command) {
  std::vector<SwapArgument> arguments;
  std::map<const CLI::Option*, size_t> taken;
  const std::vector<SwapFlag> flags = SwapFlags();
  for (const CLI::Option* option : command.parse_order()) {
    const std::string name = option->get_name();
    const bool ours = std::any_of(flags.begin(), flags.end(),
                                  [&](const SwapFlag& flag) { return flag.name == name; });
    if (ours) arguments.push_back({name, option->results().at(taken[option]++)});
  }
  return arguments;
}

std::vector<Given> FilesOf(const std::vector<SwapArgument>& arguments) {
  std::vector<Given> files;
  for (const auto& [flag, value] : arguments) {
    const std::string rest = value.substr(std::min(value.find('=') + 1, value.size()));
    if (flag == kSwap || flag == kGarment) files.push_back({flag, rest});
    if (flag == kPattern) files.push_back({flag, PatternTextOf(rest).file});
    if (flag == kBackground && IsFile(value)) files.push_back({flag, value});
  }
  return files;
}

Result<v1::RegionName> RegionOf(const std::string& word, const std::string& flag) {
  static const std::map<std::string, v1::BodyRegion> kShort = {
      {"upper", v1::BODY_REGION_UPPER_GARMENT},
      {"lower", v1::BODY_REGION_LOWER_GARMENT},
      {"whole", v1::BODY_REGION_WHOLE_TEXTURE}};
  v1::RegionName name;
  if (const auto found = kShort.find(word); found != kShort.end()) {
    name.set_region(found->second);
    return name;
  }
  if (word.starts_with("part")) {
    const auto part = NumberOf(std::string_view(word).substr(4));
    if (part && *part == static_cast<int>(*part)) {
      name.set_part(static_cast<int>(*part));
      return name;
    }
  }
  std::string upper = word;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  v1::BodyRegion region = v1::BODY_REGION_UNSPECIFIED;
  const bool known = v1::BodyRegion_Parse("BODY_REGION_" + upper, &region);
  if (!known || region == v1::BODY_REGION_UNSPECIFIED) {
    return client::BadArgument(flag, "of a region: " + std::string(kRegionWords), word);
  }
  name.set_region(region);
  return name;
}

Status AddSwaps(const std::vector<SwapArgument>& arguments, v1::EditSpec& spec) {
  const auto is_swap = [](const SwapArgument& argument) {
    return argument.flag != kStrength && argument.flag != kSwapPerson;
  };
  for (const SwapArgument& argument : arguments) {
    if (is_swap(argument)) ATELIER_RETURN_IF_ERROR(SetSource(argument, *spec.add_swaps()));
  }
  for (const SwapArgument& argument : arguments) {
    if (argument.flag == kStrength) ATELIER_RETURN_IF_ERROR(SetStrength(argument, spec));
    if (argument.flag == kSwapPerson) ATELIER_RETURN_IF_ERROR(SetSwapPerson(argument, spec));
  }
  if (!spec.swaps().empty()) return {};
  return client::BadArgument("edit",
                             "given at least one of --swap, --garment, --colour, --pattern "
                             "and --background",
                             "none");
}

}  // namespace atelier::cli
