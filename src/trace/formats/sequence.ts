/** What a log itself says of lines that it lacks. */

type Entry = Readonly<Record<string, unknown>>;

/** How often lines are missing so far: numbers that are skipped, and loggers that say so. */
export class Sequence {
  gaps = 0;
  #last: number | undefined;
  readonly #journal = new JournalNumbers();

  /** `entry`: the object of the line, where it is one. `isOther`: it may be none of a trace. */
  add(text: string, entry: Entry | null, isOther: boolean): void {
    const isBehindGap = this.#isBehindGap(text) || (entry !== null && this.#journal.isBehindGap(entry));
    if (isBehindGap || (isOther && saysLost(text, entry))) this.gaps++;
  }

  /** `4,25215,1818192843,-;` of /dev/kmsg: kernel/printk/printk.c info_print_ext_header; Documentation/ABI/testing/dev-kmsg. */
  #isBehindGap(line: string): boolean {
    const first = line.charCodeAt(0);
    if (first < 0x30 || first > 0x39) return false;
    const [, text] = /^\d+,(\d+),\d+,[^;]{0,80};/.exec(line) ?? [];
    if (text === undefined) return false;
    const last = this.#last;
    this.#last = Number(text);
    return last !== undefined && this.#last > last + 1;
  }
}

/**
 * journald numbers what it writes, whoever it is from: __SEQNUM since systemd 254 (sd_journal_get_seqnum(3)), and before
 * in the cursor (`i=`, hexadecimal, of the series `s=`). `journalctl -k` shows the kernel's alone, so numbers prove
 * nothing before the log has shown an entry of another's.
 */
class JournalNumbers {
  #series = "";
  #last = 0n;
  #isWhole = false;

  isBehindGap(entry: Entry): boolean {
    const number = numberOf(entry);
    if (!number) return false;
    const isNext = number.of !== this.#series || number.at <= this.#last + 1n;
    this.#series = number.of;
    this.#last = number.at;
    this.#isWhole ||= typeof entry["_TRANSPORT"] === "string" && entry["_TRANSPORT"] !== "kernel";
    return this.#isWhole && !isNext;
  }
}

function numberOf({ __SEQNUM: number, __SEQNUM_ID: id, __CURSOR: cursor }: Entry): { of: string; at: bigint } | null {
  if (typeof number === "string" && typeof id === "string" && /^\d+$/.test(number))
    return { of: id, at: BigInt(number) };
  const [, of, at] = (typeof cursor === "string" && /^s=([\da-f]+);i=([\da-f]+);/.exec(cursor)) || [];
  return of !== undefined && at !== undefined ? { of, at: BigInt(`0x${at}`) } : null;
}

/**
 * journald where /dev/kmsg ran over (journald-kmsg.c), rsyslog where its limit for the kernel's log or the journal is
 * reached (runtime/ratelimit.c), the kernel on a console (kernel/printk). Nothing may follow, or a LOG prefix could say
 * it. What journald suppresses of a service, or rsyslog of a process, is none of the kernel's.
 */
const JOURNALD = String.raw`(?:Missed \d+ kernel messages|/dev/kmsg buffer overrun, some messages lost\.)`;
const RSYSLOG = String.raw`im(?:klog|journal)(?::| lost) \d+ messages (?:lost )?due to rate-limiting(?: \([^)]*\))?`;
const LOST = new RegExp(
  String.raw`(?: systemd-journald?(?:\[\d+\])?: ${JOURNALD}| rsyslogd(?:-\d+)?(?:\[\d+\])?: ${RSYSLOG}|^\*\* \d+ printk messages dropped \*\*)\s*$`,
);
const LOST_MESSAGE = new RegExp(`^(?:${JOURNALD}|${RSYSLOG})$`);

function saysLost(text: string, entry: Entry | null): boolean {
  if (!text.includes(" messages")) return false;
  if (LOST.test(text)) return true;
  return /^(?:systemd-journald?|rsyslogd)$/.test(String(entry?.["SYSLOG_IDENTIFIER"])) && LOST_MESSAGE.test(text);
}
