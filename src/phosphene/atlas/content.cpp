#include "phosphene/atlas/content.h"

#include <bit>

#include "phosphene/base/error.h"
#include "phosphene/base/sha256.h"

namespace phosphene {

namespace {

std::string typed(char type, std::string_view bytes) { return fmt::format("{}{}:{}", type, bytes.size(), bytes); }

std::string value_text(const Rows& rows, int column) {
  switch (rows.type(column)) {
    case ColumnType::kNull: return typed('n', "");
    case ColumnType::kInteger: return typed('i', std::to_string(rows.integer(column)));
    case ColumnType::kReal: return typed('r', fmt::format("{:016x}", std::bit_cast<uint64_t>(rows.real(column))));
    case ColumnType::kText: return typed('t', rows.text(column));
    case ColumnType::kBlob: return typed('b', rows.blob(column));
  }
  return {};
}

// Tables in the order of their names, each in the order of its primary key.
struct ContentTable {
  const char* name;
  const char* order;
  const char* where = "1";
};
constexpr ContentTable kContentTables[] = {
    {"class", "id"},
    {"distribution", "layer, unit"},
    {"edge", "source, target"},
    {"example", "layer, unit, kind, place"},
    {"failure", "job"},
    {"job", "number"},
    {"layer", "id"},
    {"likeness", "layer, unit, scope, place"},
    {"meta", "key", "key <> 'part'"},
    {"photo", "id"},
    {"picture", "id"},
    {"sample", "place"},
    {"unit", "layer, unit"},
    {"unit_class", "layer, unit, place"},
};

}  // namespace

std::string content_hash(const Database& database) {
  Sha256 hasher;
  for (const ContentTable& table : kContentTables) {
    hasher.add(fmt::format("{}\n", table.name));
    Rows rows = database.query(fmt::format("SELECT * FROM \"{}\" WHERE {} ORDER BY {}", table.name, table.where, table.order));
    while (rows.next()) {
      for (int column = 0; column < rows.columns(); ++column) hasher.add(value_text(rows, column));
      hasher.add("\n");
    }
  }
  return hasher.hex();
}

}  // namespace phosphene
