// A person in a picture as every edit reads them.
#pragma once

#include "edit/parse/parser.h"
#include "edit/person/subject.h"

namespace atelier::edit {

/// The person with their regions and appearance, the body moved to where the outline that the
/// regions have is. `face` is left empty.
Subject ReadSubject(const people::Body& body, const Parser& parser, Person person);

}  // namespace atelier::edit
