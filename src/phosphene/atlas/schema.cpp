// Small columns stand before blobs, so that a scan of a table reads no blob's pages.
#include "phosphene/atlas/schema.h"

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE layer (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL,
  operator TEXT NOT NULL,
  shape TEXT NOT NULL,
  units INTEGER NOT NULL,
  role TEXT NOT NULL,
  labelled INTEGER NOT NULL,
  parameters INTEGER NOT NULL,
  multiply_adds INTEGER,
  turn INTEGER,
  recipe TEXT
);

CREATE TABLE edge (
  source INTEGER NOT NULL,
  target INTEGER NOT NULL,
  PRIMARY KEY (source, target)
) WITHOUT ROWID;

CREATE TABLE unit (
  layer INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  label TEXT,
  lowest REAL,
  highest REAL,
  mean REAL,
  deviation REAL,
  active REAL,
  seed INTEGER,
  activation REAL,
  rank INTEGER,
  probability REAL,
  percentile REAL,
  margin REAL,
  path REAL,
  judge_rank INTEGER,
  judge_probability REAL,
  verdict TEXT,
  colour TEXT,
  reasons TEXT,
  map_x REAL,
  map_y REAL,
  PRIMARY KEY (layer, unit)
) WITHOUT ROWID;

CREATE TABLE job (
  number INTEGER PRIMARY KEY,
  layer INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  UNIQUE (layer, unit, seed)
);

CREATE TABLE failure (
  job INTEGER PRIMARY KEY,
  error TEXT NOT NULL
);

CREATE TABLE picture (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  layer INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  place TEXT NOT NULL,
  activation REAL NOT NULL,
  rank INTEGER NOT NULL,
  probability REAL,
  stopped INTEGER NOT NULL,
  shown_y INTEGER NOT NULL,
  shown_x INTEGER NOT NULL,
  height INTEGER NOT NULL,
  width INTEGER NOT NULL,
  percentile REAL,
  margin REAL,
  path REAL,
  path_layers TEXT,
  judge_rank INTEGER,
  judge_probability REAL,
  verdict TEXT,
  colour TEXT,
  reasons TEXT,
  pixels TEXT NOT NULL,
  activations BLOB NOT NULL,
  code BLOB NOT NULL,
  thumbnail BLOB NOT NULL,
  webp BLOB NOT NULL,
  UNIQUE (layer, unit, seed)
);

CREATE TABLE class (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  pictures INTEGER NOT NULL,
  unit INTEGER
);

CREATE TABLE photo (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  class INTEGER,
  height INTEGER NOT NULL,
  width INTEGER NOT NULL,
  pixels TEXT NOT NULL,
  webp BLOB NOT NULL
);

CREATE TABLE sample (
  place INTEGER PRIMARY KEY,
  photo INTEGER NOT NULL UNIQUE,
  name TEXT NOT NULL
);

CREATE TABLE example (
  layer INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  kind TEXT NOT NULL,
  place INTEGER NOT NULL,
  photo INTEGER NOT NULL,
  activation REAL NOT NULL,
  crop_y INTEGER NOT NULL,
  crop_x INTEGER NOT NULL,
  crop_height INTEGER NOT NULL,
  crop_width INTEGER NOT NULL,
  PRIMARY KEY (layer, unit, kind, place)
) WITHOUT ROWID;

CREATE TABLE distribution (
  layer INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  histogram BLOB NOT NULL,
  quantiles BLOB NOT NULL,
  responses BLOB NOT NULL,
  PRIMARY KEY (layer, unit)
);

CREATE TABLE unit_class (
  layer INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  place INTEGER NOT NULL,
  class INTEGER NOT NULL,
  mean REAL NOT NULL,
  score REAL NOT NULL,
  PRIMARY KEY (layer, unit, place)
) WITHOUT ROWID;
CREATE INDEX unit_class_of_class ON unit_class (class, score);

CREATE TABLE likeness (
  layer INTEGER NOT NULL,
  unit INTEGER NOT NULL,
  scope TEXT NOT NULL,
  place INTEGER NOT NULL,
  other_layer INTEGER NOT NULL,
  other_unit INTEGER NOT NULL,
  similarity REAL NOT NULL,
  PRIMARY KEY (layer, unit, scope, place)
) WITHOUT ROWID;

CREATE TABLE timing (
  what TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  seconds REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE data_part (
  part INTEGER PRIMARY KEY,
  parts INTEGER NOT NULL,
  pictures INTEGER NOT NULL,
  read INTEGER NOT NULL
);

CREATE TABLE data_state (
  part INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  state BLOB NOT NULL,
  PRIMARY KEY (part, layer)
);
)sql";

}  // namespace

void create_schema(Database& database) {
  database.execute(kTables);
  database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kAtlasApplication, kAtlasVersion));
}

void verify_schema(const Database& database) {
  const int64_t application = database.query("PRAGMA application_id").one_integer();
  const int64_t version = database.query("PRAGMA user_version").one_integer();
  if (application != kAtlasApplication) throw Error("is no atlas", "give a file that `phosphene atlas build` wrote").at(database.file());
  if (version < 1 || version > kAtlasVersion)
    throw Error(fmt::format("is an atlas of format {}; this program knows formats 1 to {}", version, kAtlasVersion),
                "use a later phosphene")
        .at(database.file());
  if (database.query("SELECT count(*) FROM sqlite_master WHERE type IN ('view', 'trigger')").one_integer() != 0)
    throw Error("has views or triggers, which no atlas has", "do not trust this file").at(database.file());
}

void migrate_schema(Database& database) { verify_schema(database); }  // version 1 is the first

}  // namespace phosphene
