// PHOSPHENE_EXPORT marks what libphosphene.so shows; everything else in the library is hidden.
#pragma once

#define PHOSPHENE_EXPORT __attribute__((visibility("default")))
