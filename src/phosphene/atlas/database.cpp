// Durable: journal_mode DELETE with synchronous FULL flushes every transaction to the disk, needs no shared memory, and leaves one file.
#include "phosphene/atlas/database.h"

#include <sqlite3.h>

#include "phosphene/base/error.h"

namespace phosphene {

namespace {

constexpr int kWaitMilliseconds = 20'000;  // for another process that writes
constexpr int kLongestRead = 64 << 20;     // bytes of a value, so that a hostile file cannot fill the memory

[[noreturn]] void fail(sqlite3* connection, const std::string& file, int code) {
  const std::string what = connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR: throw Error(fmt::format("cannot be read or written: {}", what), "check the disk and its free space").at(file);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: throw Error("is being written by another process", "wait until that process is done").at(file);
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: throw Error(fmt::format("is no atlas, or is damaged: {}", what), "build it again").at(file);
    case SQLITE_CANTOPEN: throw Error(fmt::format("cannot be opened: {}", what), "check the path and your permissions").at(file);
    default: throw Error(fmt::format("SQLite: {}", what)).at(file);
  }
}

}  // namespace

void Rows::Finalise::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Rows::Rows(sqlite3* connection, std::string file, sqlite3_stmt* statement)
    : connection_(connection), file_(std::move(file)), statement_(statement) {}

bool Rows::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) fail(connection_, file_, code);
  return false;
}

int Rows::columns() const { return sqlite3_column_count(statement_.get()); }

ColumnType Rows::type(int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_INTEGER: return ColumnType::kInteger;
    case SQLITE_FLOAT: return ColumnType::kReal;
    case SQLITE_TEXT: return ColumnType::kText;
    case SQLITE_BLOB: return ColumnType::kBlob;
    default: return ColumnType::kNull;
  }
}

bool Rows::is_null(int column) const { return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL; }
int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Rows::real(int column) const { return sqlite3_column_double(statement_.get(), column); }
std::string Rows::text(int column) const { return blob(column); }

std::string Rows::blob(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes ? std::string(static_cast<const char*>(bytes), size) : std::string();
}

std::optional<int64_t> Rows::maybe_integer(int column) const { return is_null(column) ? std::nullopt : std::optional(integer(column)); }
std::optional<double> Rows::maybe_real(int column) const { return is_null(column) ? std::nullopt : std::optional(real(column)); }
std::string Rows::maybe_text(int column) const { return is_null(column) ? std::string() : text(column); }
int64_t Rows::one_integer() { return next() ? integer(0) : 0; }

void Rows::bind(int index, int64_t value) { PHOSPHENE_CHECK_EQ(sqlite3_bind_int64(statement_.get(), index, value), SQLITE_OK); }
void Rows::bind(int index, double value) { PHOSPHENE_CHECK_EQ(sqlite3_bind_double(statement_.get(), index, value), SQLITE_OK); }
void Rows::bind(int index, std::nullptr_t) { PHOSPHENE_CHECK_EQ(sqlite3_bind_null(statement_.get(), index), SQLITE_OK); }

void Rows::bind(int index, std::string_view text) {
  const int code = sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  PHOSPHENE_CHECK_EQ(code, SQLITE_OK);
}

void Rows::bind(int index, Blob blob) {
  const char* bytes = blob.bytes.empty() ? "" : blob.bytes.data();  // a null pointer would bind NULL
  PHOSPHENE_CHECK_EQ(sqlite3_bind_blob64(statement_.get(), index, bytes, blob.bytes.size(), SQLITE_TRANSIENT), SQLITE_OK);
}

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Database::Database(const std::filesystem::path& file, Mode mode) : file_(file.string()) {
  // A reader, too, must be able to undo what a killed writer left half done; where the file may not be written SQLite opens it read-only.
  const int flags = mode == Mode::kCreate ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(file_.c_str(), &connection, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  connection_.reset(connection);
  if (code != SQLITE_OK) fail(connection, file_, code);
  sqlite3_busy_timeout(connection, kWaitMilliseconds);
  if (mode == Mode::kRead) sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, kLongestRead);
  execute(mode == Mode::kRead ? "PRAGMA trusted_schema = OFF; PRAGMA query_only = ON"
                              : "PRAGMA trusted_schema = OFF; PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL");
}

Rows Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) fail(connection_.get(), file_, code);
  return {connection_.get(), file_, statement};
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(connection_.get(), file_, code);
}

Transaction::Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const Error&) {  // SQLite has undone it already
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace phosphene
