// Scorer: shows a generation of pictures to whatever is studied, and brings back its scores.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace phosphene {

struct Shown {
  std::string id;      // "g0003-017": generation and place
  std::string thread;  // empty: a control
  int64_t number = 0;  // of the code in its thread's population; of a control in the experiment's order

  bool control() const { return thread.empty(); }
  std::string file() const { return id + ".png"; }
};

struct Generation {
  int64_t number = 0;
  std::filesystem::path folder;  // of the files
  std::vector<Shown> shown;      // in the order in which they are to be shown
};

// The mean over repeats.
struct Score {
  double mean = 0;
  int64_t repeats = 0;
};

class Scorer {
 public:
  virtual ~Scorer() = default;
  // A score for each picture of a generation, in its order; nothing when stopped. Error for scores that cannot be understood.
  virtual std::optional<std::vector<Score>> score(const Generation& generation, const std::stop_token& stop) = 0;
  // All generations are told.
  virtual void finish(const std::filesystem::path& /*results*/) {}
};

// Scores as they come in, in any order and any number of times.
class ScoreSheet {
 public:
  explicit ScoreSheet(const Generation& generation);
  // `name`: an id, or the name of its file. Error for a picture that was not shown, and for a score that is not finite.
  void add(const std::string& name, double score);
  size_t scored() const { return scored_; }  // pictures with at least one score
  bool complete() const { return scored_ == scores_.size(); }
  std::vector<Score> scores() const;

 private:
  std::map<std::string, size_t> places_;
  std::vector<Score> scores_;  // sums until scores()
  size_t scored_ = 0;
};

// JSON lines over two streams:
//
//     asked   {"generation": 3, "pictures": [{"id": "g0003-000", "file": "out/generation-0003/g0003-000.png", "thread": "tin200-fc6",
//              "control": false}, ...]}
//     told    {"scores": {"g0003-000": 1.5, "g0003-001": [0.2, 0.4], ...}}      a list: repeats; also in several such lines
//     asked   {"done": true, "results": "out/results.json"}                     at the end
class JsonLines : public Scorer {
 public:
  // Borrows the descriptors: 0 and 1 are standard input and output.
  JsonLines(int in, int out) : in_(in), out_(out) {}
  // Error at the end of the input.
  std::optional<std::vector<Score>> score(const Generation& generation, const std::stop_token& stop) override;
  void finish(const std::filesystem::path& results) override;

 private:
  void write_line(const std::string& line);
  std::optional<std::string> read_line(const std::stop_token& stop);
  int in_, out_;
  std::string read_;  // not yet a line
};

// A folder to which pictures go, and into which somebody puts scores:
//
//     generation-0003/g0003-000.png ...     appears with all its pictures at once
//     generation-0003.csv                   lines FILE,SCORE, in any order; several of a file are repeats; a first line "file,score" may be
//     there
class WatchedFolder : public Scorer {
 public:
  // Makes the folder.
  explicit WatchedFolder(std::filesystem::path folder);
  // Waits until every picture has a score.
  std::optional<std::vector<Score>> score(const Generation& generation, const std::stop_token& stop) override;

 private:
  void show(const Generation& generation) const;
  std::filesystem::path folder_;
};

}  // namespace phosphene
