// Six chains of rules that are hard for one method or another of finding dead rules: the same rules for the same size.
//   svc     a host and a port each, none twice                pairs  host to host, a hundredth of them again
//   union   rules that earlier pieces cover together           ranges random ranges of addresses and ports
//   mixed   rules about the source alone between rules about the destination alone
//   acl     prefixes, ranges, protocols and states, as in ClassBench

const TEN = 0x0a000000;
const ALL = [0, 2 ** 32 - 1];
const PORTS = [22, 53, 80, 443, 3306, 5432, 8080, 9090, 6379];
/** A field holds first and last value; a rule without it asks for all of them. */
const STATES = ["NEW", "RELATED", "ESTABLISHED", "INVALID,UNTRACKED"];

/** Of every workload, how many rules of so many are dead: as five engines agreed (BDDs over atoms and bits, two libraries, boxes). */
export const DEAD = {
  10000: { svc: 0, pairs: 85, union: 896, ranges: 0, mixed: 3, acl: 1266 },
  100000: { svc: 0, pairs: 964, union: 16187, ranges: 25, mixed: 286, acl: 49732 },
};

/** xorshift, 32 bits. */
function random(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

function prefix(address, length) {
  const size = 2 ** (32 - length);
  const first = Math.floor(address / size) * size;
  return [first, first + size - 1];
}
/** A range in so many pieces of about the same size. */
function pieces([first, last], count) {
  const edges = Array.from(
    { length: count },
    (_, at) => first + Math.floor(((last - first + 1) * (at + 1)) / count) - 1,
  );
  edges[count - 1] = last;
  return edges.map((edge, at) => [at === 0 ? first : edges[at - 1] + 1, edge]);
}

export function workload(kind, size) {
  const draw = random(7);
  const below = (limit) => Math.floor(draw() * limit);
  const one = (value) => [value, value];
  const port = () => one(PORTS[below(PORTS.length)]);
  const host = () => one(TEN + below(1 << 22));
  const nets = Array.from({ length: 400 }, () => {
    const address = TEN + below(1 << 24);
    return prefix(address, 16 + below(13));
  });
  const net = () => nets[below(nets.length)];
  const rules = [];
  const add = (asks, accepts) => rules.push({ ...asks, accepts });
  const tcp = { protocol: "tcp" };

  const draws = {
    svc: () => add({ to: one(TEN + 0x600000 + rules.length), ...tcp, port: port() }, 1),
    pairs(lot) {
      if (lot < 0.01 && rules.length > 10) {
        const { accepts: _, ...again } = rules[2 + below(rules.length - 2)];
        return add(again, below(2));
      }
      const asks = { ...tcp, from: host(), to: host(), port: port() };
      return add(lot < 0.3 ? { ...asks, device: 2 + below(6) } : asks, 1);
    },
    union() {
      const from = prefix(TEN + below(1 << 24), 22 + below(3));
      const ports = [1000 + below(100), 2000 + below(5000)];
      const [froms, toPorts] = [pieces(from, 1 + below(4)), pieces(ports, 1 + below(4))];
      const states = below(2) ? [one(0), [1, 3]] : [[0, 3]];
      const parts = froms.flatMap((part) =>
        toPorts.flatMap((own) => states.map((state) => ({ ...tcp, from: part, port: own, state }))),
      );
      for (let at = parts.length - 1; at > 0; at--) {
        const other = below(at + 1);
        [parts[at], parts[other]] = [parts[other], parts[at]];
      }
      if (draw() < 0.1 && parts.length > 1) parts.pop();
      for (const part of parts) add(part, below(2));
      add({ ...tcp, from, port: ports }, 1);
    },
    ranges() {
      const [from, to, first] = [TEN + below(1 << 24), TEN + below(1 << 24), below(60000)];
      const asks = {
        from: [from, from + below(1 << 16)],
        to: [to, to + below(1 << 16)],
        ...tcp,
        port: [first, first + below(4000)],
      };
      add(asks, below(2));
    },
    mixed(lot) {
      if (lot < 0.34) return add({ from: host() }, 0);
      if (lot < 0.67) return add({ ...tcp, to: host(), port: port() }, 1);
      return add({ ...tcp, from: net(), port: one(below(65536)) }, 1);
    },
    acl() {
      const place = (any) => {
        const lot = draw();
        if (lot < any) return ALL;
        if (lot < any + 0.25) return net();
        return lot < any + 0.4 ? prefix(TEN + below(1 << 24), 24) : host();
      };
      const lot = draw();
      const asks = { from: place(0.25) };
      asks.to = place(asks.from === ALL ? 0 : 0.15);
      if (lot < 0.8) {
        asks.protocol = lot < 0.6 ? "tcp" : "udp";
        const which = draw();
        if (which < 0.6) asks.port = port();
        else if (which < 0.75) {
          const first = below(60000);
          asks.port = [first, first + below(2000)];
        } else if (which < 0.85) asks.port = [1024, 65535];
        if (draw() < 0.05) asks.sourcePort = [1024, 65535];
      }
      if (draw() < 0.2) asks.state = one(0);
      add(asks, below(3) ? 1 : 0);
    },
  };

  add({ state: [1, 2] }, 1);
  add({ device: 1 }, 1);
  while (rules.length < size - 1) draws[kind](draw());
  rules.length = size - 1;
  add({}, 0);
  return `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${rules.map(written).join("")}COMMIT\n`;
}

const dotted = (address) => [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
const isPrefix = ([first, last]) => Number.isInteger(Math.log2(last - first + 1)) && first % (last - first + 1) === 0;

function written({ from = ALL, to = ALL, device, protocol, state = [0, 3], sourcePort, port, accepts }) {
  const addresses = (range, option) =>
    range !== ALL && isPrefix(range) ? ` ${option} ${dotted(range[0])}/${32 - Math.log2(range[1] - range[0] + 1)}` : "";
  const span = (range, option) => (isPrefix(range) ? "" : ` --${option}-range ${range.map(dotted).join("-")}`);
  const spans = span(from, "src") + span(to, "dst");
  const ports = ([first, last]) => (first === last ? first : `${first}:${last}`);
  const transport = (sourcePort ? ` --sport ${ports(sourcePort)}` : "") + (port ? ` --dport ${ports(port)}` : "");
  return [
    "-A FORWARD",
    addresses(from, "-s"),
    addresses(to, "-d"),
    device === undefined ? "" : ` -i if${device}`,
    protocol ? ` -p ${protocol}` : "",
    spans ? ` -m iprange${spans}` : "",
    transport ? ` -m ${protocol}${transport}` : "",
    state[0] === 0 && state[1] === 3 ? "" : ` -m conntrack --ctstate ${STATES.slice(state[0], state[1] + 1).join(",")}`,
    ` -j ${accepts ? "ACCEPT" : "DROP"}\n`,
  ].join("");
}
