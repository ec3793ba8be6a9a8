#include "phosphene/run/html.h"

namespace phosphene {

const char* const kPageStyle = R"(
:root { color-scheme: dark; --ground: #161618; --card: #1f1f23; --line: #303036; --soft: #9a9aa4; --bright: #ececf0; --accent: #e9b872; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1500px; padding: 2.5rem 2rem; background: var(--ground); color: var(--bright);
       font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { margin: 0 0 .3rem; font-size: 1.6rem; font-weight: 600; }
header p { margin: 0 0 1rem; color: var(--soft); }
header code { color: var(--bright); }
details { margin: 0 0 2rem; color: var(--soft); }
summary { cursor: pointer; }
table { border-collapse: collapse; margin-top: .6rem; font-size: .85rem; }
td { padding: .1rem 1.2rem .1rem 0; vertical-align: top; word-break: break-all; }
td:first-child { white-space: nowrap; }
td:last-child { color: var(--bright); font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(208px, 1fr)); gap: 1.1rem; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
article .picture { display: flex; aspect-ratio: 1; align-items: center; justify-content: center; background: #0f0f11; }
article img { display: block; width: 100%; height: 100%; object-fit: contain; }
article div.text { padding: .7rem .9rem .8rem; }
h2 { margin: 0; font-size: 1rem; font-weight: 600; }
.where { color: var(--soft); font-size: .82rem; }
dl { display: grid; grid-template-columns: 1fr auto; margin: .5rem 0 .4rem; font-size: .88rem; }
dt { color: var(--soft); }
dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: 36px; }
polyline { fill: none; stroke: var(--accent); stroke-width: 1.6; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
)";

std::string escaped(const std::string& text) {
  std::string result;
  for (char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += c;
    }
  }
  return result;
}

}  // namespace phosphene
