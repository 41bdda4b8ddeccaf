// A person in a picture as every edit reads them.
#pragma once

#include "edit/parse/parser.h"
#include "edit/person/subject.h"

namespace atelier::edit {

/// The person with their regions and appearance. Their mask is the regions' union, whose outline is
/// sharper than that of the mask `person` came with, and clothes are measured by it. `face` is left
/// empty.
Subject ReadSubject(const people::Body& body, const Parser& parser, Person person);

}  // namespace atelier::edit
