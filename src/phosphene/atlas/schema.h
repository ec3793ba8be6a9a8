// Schema of an atlas: the tables of docs/atlas-format.md, and how an older file becomes one of this version.
#pragma once

#include "phosphene/atlas/database.h"

namespace phosphene {

inline constexpr int64_t kAtlasApplication = 0x50484f53;  // "PHOS", PRAGMA application_id
inline constexpr int64_t kAtlasVersion = 1;               // PRAGMA user_version

inline constexpr int64_t kHistogramBins = 32, kQuantiles = 101, kTopExamples = 9, kTenths = 10;

// Makes the tables in an empty file; the caller's transaction makes it all or nothing.
void create_schema(Database& database);

// Error when the file is no atlas, is of a later version than this program knows, or has views or triggers, which could run code of its
// own.
void verify_schema(const Database& database);

// Brings a file of an earlier version to this one; one transaction.
void migrate_schema(Database& database);

}  // namespace phosphene
