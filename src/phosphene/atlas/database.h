// Database: one connection to an SQLite file. Every failure is an Error that names the file.
//
//     Database database(file, Database::Mode::kRead);
//     for (auto rows = database.query("SELECT name FROM layer WHERE units > ?", 100); rows.next();) use(rows.text(0));
//
// One thread uses a connection at a time; several threads open one each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace phosphene {

// A value for a "?" of a statement, as a blob. Texts are bound as texts.
struct Blob {
  std::string_view bytes;
};

enum class ColumnType { kNull, kInteger, kReal, kText, kBlob };

// A prepared statement with its parameters, and the rows that it gives, one at a time.
class Rows {
 public:
  Rows(Rows&&) = default;

  bool next();  // false: no row is left
  int columns() const;
  ColumnType type(int column) const;
  bool is_null(int column) const;
  int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  std::string blob(int column) const;
  std::optional<int64_t> maybe_integer(int column) const;  // nothing for NULL
  std::optional<double> maybe_real(int column) const;
  std::string maybe_text(int column) const;  // empty for NULL
  // The only value of the only row; 0 where there is no row or it is NULL.
  int64_t one_integer();

 private:
  friend class Database;
  struct Finalise {
    void operator()(sqlite3_stmt* statement) const;
  };
  Rows(sqlite3* connection, std::string file, sqlite3_stmt* statement);
  void bind(int index, int64_t value);
  void bind(int index, double value);
  void bind(int index, std::string_view text);
  void bind(int index, Blob blob);
  void bind(int index, std::nullptr_t);
  void bind(int index, int value) { bind(index, static_cast<int64_t>(value)); }
  void bind(int index, bool value) { bind(index, static_cast<int64_t>(value)); }
  void bind(int index, size_t value) { bind(index, static_cast<int64_t>(value)); }
  void bind(int index, const std::string& text) { bind(index, std::string_view(text)); }
  void bind(int index, const char* text) { bind(index, std::string_view(text)); }
  template <typename T>
  void bind(int index, const std::optional<T>& value) {
    if (value)
      bind(index, *value);
    else
      bind(index, nullptr);
  }

  sqlite3* connection_;
  std::string file_;
  std::unique_ptr<sqlite3_stmt, Finalise> statement_;
};

class Database {
 public:
  enum class Mode {
    kRead,    // the file must be there; nothing can be written
    kWrite,   // the file must be there
    kCreate,  // makes the file where it is not there
  };
  Database(const std::filesystem::path& file, Mode mode);

  // Texts and blobs are copied. Error for a malformed statement.
  template <typename... Values>
  Rows query(std::string_view sql, const Values&... values) const {
    Rows rows = prepare(sql);
    int index = 0;
    (rows.bind(++index, values), ...);
    return rows;
  }
  // A statement that gives no rows.
  template <typename... Values>
  void run(std::string_view sql, const Values&... values) {
    query(sql, values...).next();
  }
  // Statements without parameters, separated by semicolons.
  void execute(const std::string& sql);

  const std::string& file() const { return file_; }

 private:
  struct Close {
    void operator()(sqlite3* connection) const;
  };
  Rows prepare(std::string_view sql) const;

  std::string file_;
  std::unique_ptr<sqlite3, Close> connection_;
};

// All or nothing: what is not committed when it ends is undone.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();  // on the disk when this returns

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace phosphene
