/* Version - of the program, from meson.build. */
#pragma once

extern const char version_text[];
