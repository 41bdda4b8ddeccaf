// A person's skin in another's tone.
#pragma once

#include "edit/person/subject.h"

namespace atelier::edit {

/// `base` with the skin of face and body in the tone of the donor's; shades stay, and so do eyes,
/// teeth and hair. Unchanged where either shows no skin.
Edited SwapSkin(const people::Body& body, const Subject& base, const Subject& donor);

}  // namespace atelier::edit
