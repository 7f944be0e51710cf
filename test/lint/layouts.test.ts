import { describe, expect, it } from "vitest";
import { Host } from "../../src/facts/index.ts";
import { lint } from "../../src/lint/index.ts";
import { loadDump } from "../../src/model/index.ts";
import { Source } from "../../src/source.ts";
import { parse } from "../../src/syntax/index.ts";
import { layouts } from "../syntax/shared.ts";

/** 17.06.0 put DOCKER-INGRESS before DOCKER-USER: moby/libnetwork#1827. */
const BUG = "L2_17060_swarm.save";

describe.skipIf(layouts.length === 0)("what dockerd itself writes (../shared/layouts)", () => {
  it("is all there", () => {
    expect(layouts).toHaveLength(56);
  });
  it.each(layouts)("$name has no findings but for Docker's own bug", ({ name, bytes }) => {
    const host = new Host();
    const dump = loadDump(parse(new Source(name, bytes)), host);
    const { findings } = lint({ dumps: [dump], host, ruleset: dump.ruleset });
    expect(findings.map(({ rule, severity, text }) => `${severity} ${rule} ${text}`)).toEqual(
      name === BUG ? [expect.stringMatching(/^error docker-user-jump-not-first .*DOCKER-INGRESS rule 1 /)] : [],
    );
  });
});
