/** Texts with mistakes in them: the same ones for the same `pick`. */
import { oneOf, type Pick } from "../../kernel/draw.ts";
import { drawText } from "./corpus.ts";

/** One input: a text, or some of its lines, changed in a few places. */
export function drawInput(pick: Pick): string {
  let text = drawText(pick);
  if (pick(2) === 0) text = someLines(text, pick);
  for (let changes = pick(5) === 0 ? pick(30) : pick(6); changes > 0; changes--)
    text = oneOf(pick, CHANGES)(text, pick);
  return pick(400) === 0 ? oneOf(pick, HUGE)(text, pick) : text;
}

type Change = (text: string, pick: Pick) => string;

/** Words that mean something somewhere. */
const WORDS = [
  ..."-A -I -D -R -N -X -E -F -P -Z -L -C -t -j -g -m -p -s -d -i -o -c -4 -6 -f -w -- - ! 1 2 0 -1 [1:2]".split(" "),
  ..."--dport --dport=80 -ptcp --comment --ctstate --set-xmark --to-destination --set-counters # [0:0]".split(" "),
  ..."INPUT FORWARD DOCKER-USER filter nat tcp udp icmp all conntrack comment ACCEPT DROP RETURN LOG".split(" "),
  ..."10.0.0.1 10.0.0.0/8 ::1 fd00::/8 0.0.0.0/0 1,2 10.0.0.1,10.0.0.2 0x10/0xff 80:443 : IPv4 MARK DNAT".split(" "),
  ..."*filter *nat :x COMMIT EOF <<EOF <<-'E' $( ) ( { } ; && || | & if then else fi for do done case".split(" "),
  ..."esac iptables ip6tables iptables-restore $IPT $x constructor __proto__ toString hasOwnProperty".split(" "),
  ...["99999999999999999999", "00:11:22:33:44:55", '""', "''", '"x"', "\\", "\\\n", ":x - [0:0]", "-j x"],
];

const cut = (text: string, from: number, to: number, put = ""): string => text.slice(0, from) + put + text.slice(to);
const randomBytes = (pick: Pick, count: number): string =>
  Array.from({ length: count }, () => String.fromCharCode(pick(256))).join("");
const otherLine = (pick: Pick): string => oneOf(pick, drawText(pick).split("\n"));

/** The text with its lines changed: `at` is one of them. */
function ofLines(text: string, pick: Pick, change: (lines: string[], at: number) => void): string {
  const lines = text.split("\n");
  change(lines, pick(lines.length));
  return lines.join("\n");
}
/** The same for the words of a line. */
const ofWords = (text: string, pick: Pick, change: (words: string[], at: number) => void): string =>
  ofLines(text, pick, (lines, at) => {
    const words = (lines[at] as string).split(" ");
    change(words, pick(words.length));
    lines[at] = words.join(" ");
  });
function someLines(text: string, pick: Pick): string {
  const lines = text.split("\n");
  const from = pick(lines.length);
  const some = lines.slice(from, from + 1 + pick(10));
  return [...(pick(2) === 0 ? lines.slice(0, Math.min(from, 2)) : []), ...some, ""].join("\n");
}
/** Something put into the text, somewhere. */
const withPiece =
  (pieces: readonly string[]): Change =>
  (text, pick) => {
    const at = pick(text.length + 1);
    return cut(text, at, at, oneOf(pick, pieces));
  };

const CHANGES: readonly Change[] = [
  // bytes
  (text, pick) => {
    const at = pick(text.length + 1);
    return cut(text, at, at + 1, String.fromCharCode((text.charCodeAt(at) || 0) ^ (1 << pick(8))));
  },
  (text, pick) => {
    const at = pick(text.length + 1);
    return cut(text, at, at + pick(4), randomBytes(pick, pick(4)));
  },
  withPiece(["\0", "\r", "\t", "\n", " ", "\xef\xbb\xbf", "\xff", ",", "=", "!"]),
  withPiece(['"', "'", "`", "\\", '\\"', '"\n', ' "', '" ']),
  // words
  (text, pick) => ofWords(text, pick, (words, at) => words.splice(at, 1)),
  (text, pick) => ofWords(text, pick, (words, at) => words.splice(at, 0, words[at] as string)),
  (text, pick) =>
    ofWords(text, pick, (words, at) => {
      const other = pick(words.length);
      [words[at], words[other]] = [words[other] as string, words[at] as string];
    }),
  (text, pick) => ofWords(text, pick, (words, at) => words.splice(at, pick(2), oneOf(pick, WORDS))),
  (text, pick) => ofWords(text, pick, (words, at) => words.splice(at, 1, oneOf(pick, otherLine(pick).split(" ")))),
  (text, pick) => ofWords(text, pick, (words, at) => words.splice(at, 0, ...otherLine(pick).split(" ").slice(-3))),
  (text, pick) =>
    ofWords(text, pick, (words, at) => {
      const word = words[at] as string;
      words[at] = oneOf(pick, [`${word},${word}`, `"${word}"`, `'${word}'`, `${word}x`, word.slice(1), "", "\r"]);
    }),
  // lines
  (text, pick) => cut(text, pick(text.length + 1), text.length),
  (text, pick) => ofLines(text, pick, (lines, at) => lines.splice(at, 2, lines.slice(at, at + 2).join(" "))),
  (text, pick) => ofLines(text, pick, (lines, at) => lines.splice(at, 1)),
  (text, pick) => ofLines(text, pick, (lines, at) => lines.splice(pick(lines.length), 0, lines[at] as string)),
  (text, pick) => ofLines(text, pick, (lines, at) => lines.splice(at, 0, otherLine(pick))),
  (text, pick) => ofLines(text, pick, (lines, at) => lines.splice(at, 1, ` \t${lines[at]}`)),
  (text, pick) => ofLines(text, pick, (lines, at) => lines.splice(at, 1, `${lines[at]}\r`)),
  (text, pick) => (pick(8) === 0 ? text.replaceAll("\n", "\r\n") : text),
  (text, pick) => (pick(8) === 0 ? `${text}${drawText(pick)}` : text),
];

const HUGE: readonly Change[] = [
  (text, pick) =>
    ofWords(text, pick, (words, at) => words.splice(at, 0, oneOf(pick, ["x", "-", "1,", '"', "\\"]).repeat(1e6))),
  (text, pick) => ofWords(text, pick, (words, at) => words.splice(at, 0, `${oneOf(pick, WORDS)} `.repeat(1e5))),
  (text, pick) => ofWords(text, pick, (words, at) => words.splice(at, 0, `"${"x".repeat(1e6)}"`)),
  (text, pick) => ofLines(text, pick, (lines, at) => lines.splice(at, 0, ...Array(2000).fill(otherLine(pick)))),
];
